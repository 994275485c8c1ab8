// Polynomials over GF(2) modulo the polynomial of a check.
//
// A value of `width` bits is reflected, as the checks are: bit `width - 1` is the coefficient of
// x^0 and bit 0 that of x^(width-1). Multiplying by x is then a shift to the right; what falls off
// is x^width, which is replaced by the rest of the modulus.
#ifndef SEALGATE_POLYNOMIAL_H
#define SEALGATE_POLYNOMIAL_H

#include <stdint.h>

typedef struct {
    uint64_t rest; // the modulus without its leading term, reflected
    unsigned width;
} sealgate_modulus;

static const sealgate_modulus sealgate_modulus_crc32 = {0xedb88320u, 32};
static const sealgate_modulus sealgate_modulus_crc32c = {0x82f63b78u, 32};
static const sealgate_modulus sealgate_modulus_crc64nvme = {0x9a6c9329ac4bc9b5u, 64};

static inline uint64_t sealgate_times_x(sealgate_modulus modulus, uint64_t value) {
    return (value >> 1) ^ (value & 1 ? modulus.rest : 0);
}

static inline uint64_t sealgate_multiply(sealgate_modulus modulus, uint64_t a, uint64_t b) {
    uint64_t product = 0;
    // From the coefficient of x^0 of `a` on, while `b` goes through b, bx, bx^2, ...
    for (unsigned bit = modulus.width; bit-- > 0;) {
        if ((a >> bit) & 1) product ^= b;
        b = sealgate_times_x(modulus, b);
    }
    return product;
}

// base^exponent; base^0 = 1.
static inline uint64_t
sealgate_power(sealgate_modulus modulus, uint64_t base, uint64_t exponent) {
    uint64_t power = (uint64_t)1 << (modulus.width - 1);
    for (; exponent; exponent >>= 1) {
        if (exponent & 1) power = sealgate_multiply(modulus, power, base);
        base = sealgate_multiply(modulus, base, base);
    }
    return power;
}

// x^exponent.
static inline uint64_t sealgate_power_of_x(sealgate_modulus modulus, uint64_t exponent) {
    return sealgate_power(modulus, (uint64_t)1 << (modulus.width - 2), exponent);
}

#endif
