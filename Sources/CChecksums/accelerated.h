// The checks by instructions of x86-64; raw states, without inversion at either end.
#ifndef SEALGATE_ACCELERATED_H
#define SEALGATE_ACCELERATED_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#define SEALGATE_HAS_X86 1

// Computes the constants; returns whether the processor has the instructions.
int sealgate_x86_start(void);

// CRC-32C of any number of bytes.
uint32_t sealgate_x86_crc32c(uint32_t state, const uint8_t *bytes, size_t count);

// Which polynomial to fold by.
enum { SEALGATE_FOLD_CRC32 = 0, SEALGATE_FOLD_CRC64NVME = 1 };

// The least number of bytes that folding takes.
enum { SEALGATE_FOLD_MIN = 64 };

// Folds 64 bytes or more into 16 that have the same check from a state of 0 as all of them from
// `state`; returns how many bytes were folded, all but 15 or less.
size_t sealgate_x86_fold(
    int polynomial, uint64_t state, const uint8_t *bytes, size_t count, uint8_t folded[16]
);
#endif

#endif
