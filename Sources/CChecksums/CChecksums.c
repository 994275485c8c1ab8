#include "CChecksums.h"
#include "accelerated.h"
#include "polynomial.h"

// Tables ------------------------------------------------------------------------------------------
//
// table[k][v] is the state after the byte v and k bytes of 0, from a state of 0: with eight of them
// a step takes eight bytes.

static uint32_t table_crc32[8][256];
static uint32_t table_crc32c[8][256];
static uint64_t table_crc64nvme[8][256];
static int is_accelerated;

static uint64_t state_after_byte(sealgate_modulus modulus, uint64_t value) {
    for (int bit = 0; bit < 8; bit += 1) value = sealgate_times_x(modulus, value);
    return value;
}

// Runs when the program is loaded, before any thread: nothing to synchronise at each call.
__attribute__((constructor)) static void start(void) {
    for (uint32_t value = 0; value < 256; value += 1) {
        uint64_t a = value, b = value, c = value;
        for (int zeros = 0; zeros < 8; zeros += 1) {
            a = state_after_byte(sealgate_modulus_crc32, a);
            b = state_after_byte(sealgate_modulus_crc32c, b);
            c = state_after_byte(sealgate_modulus_crc64nvme, c);
            table_crc32[zeros][value] = (uint32_t)a;
            table_crc32c[zeros][value] = (uint32_t)b;
            table_crc64nvme[zeros][value] = c;
        }
    }
#if defined(SEALGATE_HAS_X86)
    is_accelerated = sealgate_x86_start();
#endif
}

int sealgate_checksums_accelerated(void) { return is_accelerated; }

static inline uint64_t load_little_endian(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int index = 7; index >= 0; index -= 1) value = value << 8 | bytes[index];
    return value;
}

static uint32_t by_table_32(
    const uint32_t table[8][256], uint32_t state, const uint8_t *bytes, size_t count
) {
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word = load_little_endian(bytes) ^ state;
        state = table[7][word & 255] ^ table[6][word >> 8 & 255] ^ table[5][word >> 16 & 255]
            ^ table[4][word >> 24 & 255] ^ table[3][word >> 32 & 255] ^ table[2][word >> 40 & 255]
            ^ table[1][word >> 48 & 255] ^ table[0][word >> 56];
    }
    for (; count > 0; bytes += 1, count -= 1) {
        state = table[0][(state ^ *bytes) & 255] ^ state >> 8;
    }
    return state;
}

static uint64_t by_table_64(
    const uint64_t table[8][256], uint64_t state, const uint8_t *bytes, size_t count
) {
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word = load_little_endian(bytes) ^ state;
        state = table[7][word & 255] ^ table[6][word >> 8 & 255] ^ table[5][word >> 16 & 255]
            ^ table[4][word >> 24 & 255] ^ table[3][word >> 32 & 255] ^ table[2][word >> 40 & 255]
            ^ table[1][word >> 48 & 255] ^ table[0][word >> 56];
    }
    for (; count > 0; bytes += 1, count -= 1) {
        state = table[0][(state ^ *bytes) & 255] ^ state >> 8;
    }
    return state;
}

// CRC-32 ------------------------------------------------------------------------------------------

uint32_t sealgate_crc32_portable(uint32_t crc, const void *data, size_t count) {
    return ~by_table_32(table_crc32, ~crc, data, count);
}

uint32_t sealgate_crc32(uint32_t crc, const void *data, size_t count) {
    const uint8_t *bytes = data;
    uint32_t state = ~crc;
#if defined(SEALGATE_HAS_X86)
    if (is_accelerated && count >= SEALGATE_FOLD_MIN) {
        uint8_t folded[16];
        size_t done = sealgate_x86_fold(SEALGATE_FOLD_CRC32, state, bytes, count, folded);
        state = by_table_32(table_crc32, 0, folded, 16);
        bytes += done;
        count -= done;
    }
#endif
    return ~by_table_32(table_crc32, state, bytes, count);
}

// CRC-32C -----------------------------------------------------------------------------------------

uint32_t sealgate_crc32c_portable(uint32_t crc, const void *data, size_t count) {
    return ~by_table_32(table_crc32c, ~crc, data, count);
}

uint32_t sealgate_crc32c(uint32_t crc, const void *data, size_t count) {
#if defined(SEALGATE_HAS_X86)
    if (is_accelerated) return ~sealgate_x86_crc32c(~crc, data, count);
#endif
    return sealgate_crc32c_portable(crc, data, count);
}

// CRC-64/NVME -------------------------------------------------------------------------------------

uint64_t sealgate_crc64nvme_portable(uint64_t crc, const void *data, size_t count) {
    return ~by_table_64(table_crc64nvme, ~crc, data, count);
}

uint64_t sealgate_crc64nvme(uint64_t crc, const void *data, size_t count) {
    const uint8_t *bytes = data;
    uint64_t state = ~crc;
#if defined(SEALGATE_HAS_X86)
    if (is_accelerated && count >= SEALGATE_FOLD_MIN) {
        uint8_t folded[16];
        size_t done = sealgate_x86_fold(SEALGATE_FOLD_CRC64NVME, state, bytes, count, folded);
        state = by_table_64(table_crc64nvme, 0, folded, 16);
        bytes += done;
        count -= done;
    }
#endif
    return ~by_table_64(table_crc64nvme, state, bytes, count);
}

// Combination -------------------------------------------------------------------------------------
//
// The states are inverted at both ends, which cancels out: the check of A and B is that of A times
// x^(bits of B), plus that of B.

static uint64_t combine(sealgate_modulus modulus, uint64_t a, uint64_t b, uint64_t count_b) {
    // x^8 to the power of bytes: the number of bits may not fit in 64.
    uint64_t x_8 = (uint64_t)1 << (modulus.width - 9);
    return sealgate_multiply(modulus, sealgate_power(modulus, x_8, count_b), a) ^ b;
}

uint32_t sealgate_crc32_combine(uint32_t crc_a, uint32_t crc_b, uint64_t count_b) {
    return (uint32_t)combine(sealgate_modulus_crc32, crc_a, crc_b, count_b);
}

uint32_t sealgate_crc32c_combine(uint32_t crc_a, uint32_t crc_b, uint64_t count_b) {
    return (uint32_t)combine(sealgate_modulus_crc32c, crc_a, crc_b, count_b);
}

uint64_t sealgate_crc64nvme_combine(uint64_t crc_a, uint64_t crc_b, uint64_t count_b) {
    return combine(sealgate_modulus_crc64nvme, crc_a, crc_b, count_b);
}
