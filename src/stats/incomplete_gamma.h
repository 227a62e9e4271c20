#pragma once

namespace animalctl {

// The regularised upper incomplete gamma function Q(a, x) (DLMF 8.2.4), a > 0, x >= 0: the series of P for x < a + 1
// (DLMF 8.7.1), the continued fraction of Q beyond (DLMF 8.9.2, Lentz's method).
double upper_incomplete_gamma(double a, double x);

}  // namespace animalctl
