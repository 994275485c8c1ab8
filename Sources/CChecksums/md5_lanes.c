#include "CMD5.h"

#include "md5_steps.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES_TARGET __attribute__((target("avx2")))

int sealgate_md5_lane_count(void) {
    return __builtin_cpu_supports("avx2") ? 8 : 1;
}

// Eight rows of eight words, from lanes to words of a block or back.
LANES_TARGET static inline void transpose(__m256i rows[8]) {
    __m256i pairs[8], quads[8];
    for (int index = 0; index < 8; index += 2) {
        pairs[index] = _mm256_unpacklo_epi32(rows[index], rows[index + 1]);
        pairs[index + 1] = _mm256_unpackhi_epi32(rows[index], rows[index + 1]);
    }
    for (int index = 0; index < 8; index += 4) {
        quads[index] = _mm256_unpacklo_epi64(pairs[index], pairs[index + 2]);
        quads[index + 1] = _mm256_unpackhi_epi64(pairs[index], pairs[index + 2]);
        quads[index + 2] = _mm256_unpacklo_epi64(pairs[index + 1], pairs[index + 3]);
        quads[index + 3] = _mm256_unpackhi_epi64(pairs[index + 1], pairs[index + 3]);
    }
    for (int index = 0; index < 4; index += 1) {
        rows[index] = _mm256_permute2x128_si256(quads[index], quads[index + 4], 0x20);
        rows[index + 4] = _mm256_permute2x128_si256(quads[index], quads[index + 4], 0x31);
    }
}

// A half of a block of every lane, as words.
LANES_TARGET static inline void
load_words(__m256i words[8], const uint8_t *const bytes[8], size_t offset) {
    for (int lane = 0; lane < 8; lane += 1) {
        words[lane] = _mm256_loadu_si256((const __m256i *)(bytes[lane] + offset));
    }
    transpose(words);
}

LANES_TARGET static inline __m256i rotated(__m256i value, int bits) {
    return _mm256_or_si256(_mm256_slli_epi32(value, bits), _mm256_srli_epi32(value, 32 - bits));
}

#define ADD _mm256_add_epi32
#define AND _mm256_and_si256
#define OR _mm256_or_si256
#define XOR _mm256_xor_si256
// The first operand's complement and the second.
#define AND_NOT _mm256_andnot_si256
#define BEGIN(a, word, constant) ADD(a, ADD(words[word], _mm256_set1_epi32((int)constant)))

#define STEP(function, a, b, word, constant, shift) \
    a = ADD(BEGIN(a, word, constant), function); \
    a = ADD(rotated(a, shift), b);
#define STEP_F(a, b, c, d, word, constant, shift) \
    STEP(XOR(d, AND(b, XOR(c, d))), a, b, word, constant, shift)
// Both halves have no bit in common: added one after the other, only the second waits for b.
#define STEP_G(a, b, c, d, word, constant, shift) \
    a = ADD(BEGIN(a, word, constant), AND_NOT(d, c)); \
    a = ADD(rotated(ADD(a, AND(b, d)), shift), b);
#define STEP_H(a, b, c, d, word, constant, shift) \
    STEP(XOR(b, XOR(c, d)), a, b, word, constant, shift)
#define STEP_I(a, b, c, d, word, constant, shift) \
    STEP(XOR(c, OR(b, XOR(d, ones))), a, b, word, constant, shift)

LANES_TARGET void sealgate_md5_lanes(
    sealgate_md5_state states[8], const uint8_t *const bytes[8], size_t block_count
) {
    const __m256i ones = _mm256_set1_epi32(-1);
    __m256i state[8];
    for (int lane = 0; lane < 8; lane += 1) {
        state[lane] = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)&states[lane]));
    }
    transpose(state);
    __m256i a = state[0], b = state[1], c = state[2], d = state[3];
    for (size_t block = 0; block < block_count; block += 1) {
        __m256i words[16];
        load_words(words, bytes, block * SEALGATE_MD5_BLOCK);
        load_words(words + 8, bytes, block * SEALGATE_MD5_BLOCK + SEALGATE_MD5_BLOCK / 2);
        const __m256i old_a = a, old_b = b, old_c = c, old_d = d;
        SEALGATE_MD5_STEPS
        a = ADD(a, old_a);
        b = ADD(b, old_b);
        c = ADD(c, old_c);
        d = ADD(d, old_d);
    }
    state[0] = a;
    state[1] = b;
    state[2] = c;
    state[3] = d;
    for (int index = 4; index < 8; index += 1) state[index] = _mm256_setzero_si256();
    transpose(state);
    for (int lane = 0; lane < 8; lane += 1) {
        _mm_storeu_si128((__m128i *)&states[lane], _mm256_castsi256_si128(state[lane]));
    }
}

#else

int sealgate_md5_lane_count(void) {
    return 1;
}

void sealgate_md5_lanes(
    sealgate_md5_state states[8], const uint8_t *const bytes[8], size_t block_count
) {
    for (int lane = 0; lane < 8; lane += 1) {
        sealgate_md5_blocks(&states[lane], bytes[lane], block_count);
    }
}

#endif
