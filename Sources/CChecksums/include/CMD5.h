// MD5 (RFC 1321) block by block: of one stream, and of up to sixteen side by side.
//
// A stream can't be split, since each block waits for the one before. Several streams can share
// the processor's wide registers, a lane each.
#ifndef SEALGATE_CMD5_H
#define SEALGATE_CMD5_H

#include <stddef.h>
#include <stdint.h>

// The bytes of a block.
#define SEALGATE_MD5_BLOCK 64

// The state before the first block.
typedef struct {
    uint32_t words[4];
} sealgate_md5_state;

sealgate_md5_state sealgate_md5_start(void);

// Takes `block_count` blocks into the state.
void sealgate_md5_blocks(sealgate_md5_state *state, const uint8_t *bytes, size_t block_count);

// How many streams the processor takes side by side: 16, or 1 where it lacks AVX2.
int sealgate_md5_lane_count(void);

// Takes `block_count` blocks into each of `count` states, where there are that many lanes and more
// than one. Stream n's blocks begin at bytes[n]. Up to 8 streams take as long as one, 16 a little
// more.
void sealgate_md5_lanes(
    sealgate_md5_state *states, const uint8_t *const *bytes, size_t count, size_t block_count
);

// The same without AVX-512, which the one above uses where the processor has it.
void sealgate_md5_lanes_avx2(
    sealgate_md5_state *states, const uint8_t *const *bytes, size_t count, size_t block_count
);

#endif
