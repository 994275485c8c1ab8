// What the C library finds in text faster than a loop does, for targets that may not use the
// system: nothing here reads or writes anything but its arguments.
#ifndef SEALGATE_TEXT_H
#define SEALGATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Where `byte` stands first among `count` bytes; `count` where it doesn't.
size_t sealgate_find(const uint8_t *bytes, size_t count, uint8_t byte);

// Whether both hold the same `count` bytes; not for secrets.
bool sealgate_is_equal(const uint8_t *left, const uint8_t *right, size_t count);

#endif
