#include "CMD5.h"

#include "md5_steps.h"

sealgate_md5_state sealgate_md5_start(void) {
    sealgate_md5_state state = {{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}};
    return state;
}

static inline uint32_t load_word(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16
        | (uint32_t)bytes[3] << 24;
}

static inline uint32_t rotated(uint32_t value, int bits) {
    return value << bits | value >> (32 - bits);
}

// What is known early is added first: a compiler that orders the sum anew makes the stream wait.
#define EARLY(a, term) \
    a += term; \
    __asm__("" : "+r"(a));
#define STEP(function, a, b, word, constant, shift) \
    EARLY(a, words[word] + (uint32_t)constant) \
    a += function; \
    a = rotated(a, shift) + b;
#define STEP_F(a, b, c, d, word, constant, shift) \
    STEP((d ^ (b & (c ^ d))), a, b, word, constant, shift)
// Both halves have no bit in common: added one after the other, only the second waits for b.
#define STEP_G(a, b, c, d, word, constant, shift) \
    EARLY(a, words[word] + (uint32_t)constant + (c & ~d)) \
    a += b & d; \
    a = rotated(a, shift) + b;
#define STEP_H(a, b, c, d, word, constant, shift) \
    STEP((b ^ (c ^ d)), a, b, word, constant, shift)
#define STEP_I(a, b, c, d, word, constant, shift) \
    STEP((c ^ (b | ~d)), a, b, word, constant, shift)

void sealgate_md5_blocks(sealgate_md5_state *state, const uint8_t *bytes, size_t block_count) {
    uint32_t a = state->words[0], b = state->words[1];
    uint32_t c = state->words[2], d = state->words[3];
    for (; block_count > 0; block_count -= 1, bytes += SEALGATE_MD5_BLOCK) {
        uint32_t words[16];
        for (int index = 0; index < 16; index += 1) words[index] = load_word(bytes + 4 * index);
        const uint32_t old_a = a, old_b = b, old_c = c, old_d = d;
        SEALGATE_MD5_STEPS
        a += old_a;
        b += old_b;
        c += old_c;
        d += old_d;
    }
    state->words[0] = a;
    state->words[1] = b;
    state->words[2] = c;
    state->words[3] = d;
}
