#pragma once

#include <locale.h>

namespace animalctl {

// While this lives, the calling thread's character set is UTF-8. libarchive hands names out and takes them in the
// character set of the locale only, and programs start in the "C" locale, which has none for "кошка". The locale of
// other threads is not touched.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) previous_ = ::uselocale(locale_);
  }
  ~Utf8Locale() {
    if (locale_ == nullptr) return;
    ::uselocale(previous_);
    ::freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t locale_;
  locale_t previous_ = nullptr;
};

}  // namespace animalctl
