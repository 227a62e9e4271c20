#pragma once

// The only include of cpp-httplib. Debian ships it as a split header and a shared object: without the package's own
// macros (pkg-config's Cflags) the classes have another layout here than there, and the program crashes.
#include <httplib.h>

#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
#error "cpp-httplib must be used with the Cflags of its pkg-config file: link animalctl::httplib"
#endif
