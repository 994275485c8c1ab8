// Cyclic redundancy checks with the processor's instructions, and with tables where it has none.
//
// Each takes the check so far (0 at the start) and returns it after `count` more bytes; what goes
// in and comes out is the finished check, so that any result may be gone on from. Checks of the
// ASCII text "123456789": CRC-32 cbf43926, CRC-32C e3069283, CRC-64/NVME ae8b14860a799888.
#ifndef SEALGATE_CCHECKSUMS_H
#define SEALGATE_CCHECKSUMS_H

#include "CMD5.h"
#include <stddef.h>
#include <stdint.h>

// CRC-32 of IEEE 802.3, as zlib's; S3's x-amz-checksum-crc32.
uint32_t sealgate_crc32(uint32_t crc, const void *data, size_t count);
// CRC-32C, Castagnoli's polynomial (RFC 3720 appendix B.4); S3's x-amz-checksum-crc32c.
uint32_t sealgate_crc32c(uint32_t crc, const void *data, size_t count);
// CRC-64 of the NVM Command Set specification; S3's x-amz-checksum-crc64nvme.
uint64_t sealgate_crc64nvme(uint64_t crc, const void *data, size_t count);

// The check of A followed by B, from the checks of both and the number of B's bytes.
uint32_t sealgate_crc32_combine(uint32_t crc_a, uint32_t crc_b, uint64_t count_b);
uint32_t sealgate_crc32c_combine(uint32_t crc_a, uint32_t crc_b, uint64_t count_b);
uint64_t sealgate_crc64nvme_combine(uint64_t crc_a, uint64_t crc_b, uint64_t count_b);

// The same by tables alone, to compare with.
uint32_t sealgate_crc32_portable(uint32_t crc, const void *data, size_t count);
uint32_t sealgate_crc32c_portable(uint32_t crc, const void *data, size_t count);
uint64_t sealgate_crc64nvme_portable(uint64_t crc, const void *data, size_t count);

// Whether instructions are used: 1 or 0.
int sealgate_checksums_accelerated(void);

#endif
