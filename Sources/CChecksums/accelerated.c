#include "accelerated.h"

#if defined(SEALGATE_HAS_X86)
#include "polynomial.h"
#include <immintrin.h>
#include <string.h>

#define CRC32C_TARGET __attribute__((target("sse4.2,pclmul")))
#define FOLD_TARGET __attribute__((target("sse4.2,pclmul")))

// CRC-32C -----------------------------------------------------------------------------------------
//
// The instruction has a latency of three cycles and starts one each cycle, so three stretches of
// the input run side by side. With S the length of a stretch in bits, the states a, b, c of the
// stretches make up one: a x^2S + b x^S + c.
//
// A carry-less product of two reflected 32-bit values, read as reflected 64 bits, is A B x; the
// instruction makes D x^32 of 64 bits D; both together are A B x^33. So the factor that moves a
// state by n bits is x^(n-33).

static const size_t stretch_counts[3] = {4096, 512, 64};

// For each stretch: the factors for a move by two stretches and by one.
static uint64_t stretch_factors[3][2];

CRC32C_TARGET static uint32_t move_crc32c(uint32_t state, uint64_t factor) {
    __m128i product = _mm_clmulepi64_si128(
        _mm_cvtsi32_si128((int)state), _mm_cvtsi64_si128((long long)factor), 0
    );
    return (uint32_t)_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

static inline uint64_t load_8(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, 8);
    return value;
}

CRC32C_TARGET uint32_t
sealgate_x86_crc32c(uint32_t state, const uint8_t *bytes, size_t count) {
    for (int size = 0; size < 3; size += 1) {
        const size_t stretch = stretch_counts[size];
        while (count >= 3 * stretch) {
            uint64_t first = state, second = 0, third = 0;
            for (size_t offset = 0; offset < stretch; offset += 8) {
                first = _mm_crc32_u64(first, load_8(bytes + offset));
                second = _mm_crc32_u64(second, load_8(bytes + stretch + offset));
                third = _mm_crc32_u64(third, load_8(bytes + 2 * stretch + offset));
            }
            state = move_crc32c((uint32_t)first, stretch_factors[size][0])
                ^ move_crc32c((uint32_t)second, stretch_factors[size][1]) ^ (uint32_t)third;
            bytes += 3 * stretch;
            count -= 3 * stretch;
        }
    }
    uint64_t wide = state;
    for (; count >= 8; bytes += 8, count -= 8) wide = _mm_crc32_u64(wide, load_8(bytes));
    state = (uint32_t)wide;
    for (; count > 0; bytes += 1, count -= 1) state = _mm_crc32_u8(state, *bytes);
    return state;
}

// Folding -----------------------------------------------------------------------------------------
//
// A register of 16 bytes is R = L x^64 + H: L its low half, which came first, and H its high half.
// Moved by n bits it is L x^(n+64) + H x^n. A carry-less product of two reflected 64-bit values,
// read as reflected 128 bits, is A B x; so the factors are x^(n+63) for L and x^(n-1) for H, modulo
// the polynomial. A polynomial of 32 bits has factors of 32 bits, put where 64 reflected bits have
// x^0...x^31. Moved and added to the bytes n bits further on, a register stands for both.

typedef struct {
    uint64_t low;
    uint64_t high;
} fold_factors;

// For each polynomial: a move by 512 bits and by 128.
static fold_factors factors[2][2];

static uint64_t fold_factor(sealgate_modulus modulus, uint64_t exponent) {
    return sealgate_power_of_x(modulus, exponent) << (64 - modulus.width);
}

static fold_factors factors_of_move(sealgate_modulus modulus, uint64_t bits) {
    fold_factors result = {fold_factor(modulus, bits + 63), fold_factor(modulus, bits - 1)};
    return result;
}

FOLD_TARGET static inline __m128i load_16(const uint8_t *bytes) {
    return _mm_loadu_si128((const __m128i *)bytes);
}

FOLD_TARGET static inline __m128i fold_into(__m128i value, __m128i by, __m128i next) {
    __m128i low = _mm_clmulepi64_si128(value, by, 0x00);
    __m128i high = _mm_clmulepi64_si128(value, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

FOLD_TARGET static inline __m128i load_factors(fold_factors value) {
    return _mm_set_epi64x((long long)value.high, (long long)value.low);
}

FOLD_TARGET size_t sealgate_x86_fold(
    int polynomial, uint64_t state, const uint8_t *bytes, size_t count, uint8_t folded[16]
) {
    const uint8_t *start = bytes;
    // A state stands for what it is added to: the first bytes.
    __m128i a = _mm_xor_si128(load_16(bytes), _mm_cvtsi64_si128((long long)state));
    __m128i b = load_16(bytes + 16);
    __m128i c = load_16(bytes + 32);
    __m128i d = load_16(bytes + 48);
    bytes += 64;
    count -= 64;

    const __m128i by_512 = load_factors(factors[polynomial][0]);
    for (; count >= 64; bytes += 64, count -= 64) {
        a = fold_into(a, by_512, load_16(bytes));
        b = fold_into(b, by_512, load_16(bytes + 16));
        c = fold_into(c, by_512, load_16(bytes + 32));
        d = fold_into(d, by_512, load_16(bytes + 48));
    }

    const __m128i by_128 = load_factors(factors[polynomial][1]);
    b = fold_into(a, by_128, b);
    c = fold_into(b, by_128, c);
    d = fold_into(c, by_128, d);
    for (; count >= 16; bytes += 16, count -= 16) d = fold_into(d, by_128, load_16(bytes));

    _mm_storeu_si128((__m128i *)folded, d);
    return (size_t)(bytes - start);
}

// Start -------------------------------------------------------------------------------------------

int sealgate_x86_start(void) {
    for (int size = 0; size < 3; size += 1) {
        uint64_t bits = 8 * (uint64_t)stretch_counts[size];
        stretch_factors[size][0] = sealgate_power_of_x(sealgate_modulus_crc32c, 2 * bits - 33);
        stretch_factors[size][1] = sealgate_power_of_x(sealgate_modulus_crc32c, bits - 33);
    }
    factors[SEALGATE_FOLD_CRC32][0] = factors_of_move(sealgate_modulus_crc32, 512);
    factors[SEALGATE_FOLD_CRC32][1] = factors_of_move(sealgate_modulus_crc32, 128);
    factors[SEALGATE_FOLD_CRC64NVME][0] = factors_of_move(sealgate_modulus_crc64nvme, 512);
    factors[SEALGATE_FOLD_CRC64NVME][1] = factors_of_move(sealgate_modulus_crc64nvme, 128);

    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
}
#endif
