#include "CMD5.h"

#include "md5_steps.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

// Lanes of one register; two of them take turns, for each step waits for the one before.
enum { GROUP = 8 };

typedef uint32_t narrow __attribute__((vector_size(4 * GROUP)));
typedef uint32_t wide __attribute__((vector_size(2 * 4 * GROUP)));

int sealgate_md5_lane_count(void) {
    return __builtin_cpu_supports("avx2") ? 2 * GROUP : 1;
}

// Eight rows of eight words, from lanes to words of a block.
__attribute__((target("avx2"))) static inline void transpose(__m256i rows[8]) {
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

// A block of each lane of a group, as words.
__attribute__((target("avx2"))) static inline void
load_words(__m256i words[16], const uint8_t *const bytes[GROUP], size_t offset) {
    for (int half = 0; half < 2; half += 1) {
        __m256i *rows = words + 8 * half;
        for (int lane = 0; lane < GROUP; lane += 1) {
            rows[lane] = _mm256_loadu_si256((const __m256i *)(bytes[lane] + offset + 32 * half));
        }
        transpose(rows);
    }
}

// The compiler makes of these what the target has: with AVX-512 one instruction for each function
// of three words, and one for the rotation.
#define STEP(function, a, b, word, constant, shift) \
    a += words[word] + constant + (function); \
    a = (a << shift | a >> (32 - shift)) + b;
#define STEP_F(a, b, c, d, word, constant, shift) \
    STEP(d ^ (b & (c ^ d)), a, b, word, constant, shift)
#define STEP_G(a, b, c, d, word, constant, shift) \
    STEP(c ^ (d & (b ^ c)), a, b, word, constant, shift)
#define STEP_H(a, b, c, d, word, constant, shift) \
    STEP(b ^ (c ^ d), a, b, word, constant, shift)
#define STEP_I(a, b, c, d, word, constant, shift) \
    STEP(c ^ (b | ~d), a, b, word, constant, shift)

#define AVX2 "avx2"
// Registers of 512 bits would take turns with nothing.
#define AVX512 "avx2,avx512f,avx512vl,prefer-256-bit"

// Takes blocks into the states of as many lanes as `lanes`, a vector of words, has.
#define DEFINE_LANES(name, lanes, features) \
    __attribute__((target(features))) static void name( \
        sealgate_md5_state *states, const uint8_t *const *bytes, size_t block_count \
    ) { \
        enum { COUNT = sizeof(lanes) / 4, GROUPS = COUNT / GROUP }; \
        lanes a, b, c, d; \
        for (int lane = 0; lane < COUNT; lane += 1) { \
            a[lane] = states[lane].words[0]; \
            b[lane] = states[lane].words[1]; \
            c[lane] = states[lane].words[2]; \
            d[lane] = states[lane].words[3]; \
        } \
        for (size_t block = 0; block < block_count; block += 1) { \
            __m256i parts[GROUPS][16]; \
            lanes words[16]; \
            for (int group = 0; group < GROUPS; group += 1) { \
                load_words(parts[group], bytes + GROUP * group, block * SEALGATE_MD5_BLOCK); \
            } \
            for (int word = 0; word < 16; word += 1) { \
                for (int group = 0; group < GROUPS; group += 1) { \
                    memcpy((__m256i *)&words[word] + group, &parts[group][word], 32); \
                } \
            } \
            const lanes old_a = a, old_b = b, old_c = c, old_d = d; \
            SEALGATE_MD5_STEPS \
            a += old_a; \
            b += old_b; \
            c += old_c; \
            d += old_d; \
        } \
        for (int lane = 0; lane < COUNT; lane += 1) { \
            states[lane] = (sealgate_md5_state){{a[lane], b[lane], c[lane], d[lane]}}; \
        } \
    }

DEFINE_LANES(narrow_avx2, narrow, AVX2)
DEFINE_LANES(narrow_avx512, narrow, AVX512)
DEFINE_LANES(wide_avx2, wide, AVX2)
DEFINE_LANES(wide_avx512, wide, AVX512)

static void take(
    sealgate_md5_state *states, const uint8_t *const *bytes, size_t count, size_t block_count,
    int has_avx512
) {
    // Lanes that nobody wants go along with the first.
    sealgate_md5_state lanes[2 * GROUP];
    const uint8_t *starts[2 * GROUP];
    for (size_t lane = 0; lane < 2 * GROUP; lane += 1) {
        lanes[lane] = states[lane < count ? lane : 0];
        starts[lane] = bytes[lane < count ? lane : 0];
    }
    if (count > GROUP) {
        (has_avx512 ? wide_avx512 : wide_avx2)(lanes, starts, block_count);
    } else {
        (has_avx512 ? narrow_avx512 : narrow_avx2)(lanes, starts, block_count);
    }
    memcpy(states, lanes, count * sizeof(*states));
}

void sealgate_md5_lanes(
    sealgate_md5_state *states, const uint8_t *const *bytes, size_t count, size_t block_count
) {
    const int has_avx512 =
        __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
    take(states, bytes, count, block_count, has_avx512);
}

void sealgate_md5_lanes_avx2(
    sealgate_md5_state *states, const uint8_t *const *bytes, size_t count, size_t block_count
) {
    take(states, bytes, count, block_count, 0);
}

#else

int sealgate_md5_lane_count(void) {
    return 1;
}

void sealgate_md5_lanes(
    sealgate_md5_state *states, const uint8_t *const *bytes, size_t count, size_t block_count
) {
    for (size_t lane = 0; lane < count; lane += 1) {
        sealgate_md5_blocks(&states[lane], bytes[lane], block_count);
    }
}

void sealgate_md5_lanes_avx2(
    sealgate_md5_state *states, const uint8_t *const *bytes, size_t count, size_t block_count
) {
    sealgate_md5_lanes(states, bytes, count, block_count);
}

#endif
