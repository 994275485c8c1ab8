#include "CText.h"

#include <string.h>

size_t sealgate_find(const uint8_t *bytes, size_t count, uint8_t byte) {
    const uint8_t *found = memchr(bytes, byte, count);
    return found == NULL ? count : (size_t)(found - bytes);
}

bool sealgate_is_equal(const uint8_t *left, const uint8_t *right, size_t count) {
    return memcmp(left, right, count) == 0;
}
