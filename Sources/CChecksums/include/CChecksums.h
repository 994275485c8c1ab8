// Cyclic redundancy checks with the processor's instructions.
#ifndef SEALGATE_CCHECKSUMS_H
#define SEALGATE_CCHECKSUMS_H

#include <stddef.h>
#include <stdint.h>

#endif
