// A store that keeps objects in memory: what the benchmarks put behind the servers they measure.
//
// One thread, HTTP/1.1 with keep-alive on a Unix socket, the part of docs/backend-dialect.md that
// single objects and key records need. Multipart uploads and deletions in bulk are answered 501.

#ifndef SEALGATE_BENCHMARK_SINK_H
#define SEALGATE_BENCHMARK_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
    READ_BYTES = 256 << 10,
    HEAD_BYTES_MAX = 96 << 10,
    KEY_BYTES_MAX = 2048,
    VALUE_BYTES_MAX = 256,
    GATHERED_BYTES_MAX = 128 << 10,
    OBJECT_COUNT_MAX = 200000,
};

// Text that grows.
struct text {
    char *bytes;
    size_t count, capacity;
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_append(struct text *text, const void *bytes, size_t count);
void text_reset(struct text *text);

// One object; shared by the table and the answers that send it.
struct object {
    struct object *next;
    char *key;       // "bucket/key", decoded
    char *metadata;  // NULL without any
    uint8_t *body;
    size_t size, capacity;
    time_t modified;
    char etag[24];  // with its quotes
    int references;
};

void objects_limit(uint64_t bytes_max, const char *discard_suffix);
struct object *object_new(const char *key, uint64_t size_hint);
// False when the limit of memory or of objects is reached.
bool object_append(struct object *object, const uint8_t *bytes, size_t count);
bool object_commit(struct object *object);
struct object *object_find(const char *key);
void object_remove(const char *key);
void object_release(struct object *object);
void objects_list(const char *prefix, size_t skipped, struct text *out);

// What is kept of a request's head.
struct request {
    char method[8];
    char key[KEY_BYTES_MAX];  // the path without its first slash, decoded
    char *query;              // encoded; NULL without one
    char *metadata;           // x-amz-meta-sealgate, of the head or the trailer
    char if_match[VALUE_BYTES_MAX], range[VALUE_BYTES_MAX];
    uint64_t length, stated_size;
    bool chunked, closes, expects_continue, has_stated_size, if_none_match, wants_trailer;
    bool has_trailer;
};

// False where it isn't HTTP/1.1 that this server understands. Changes the bytes.
bool request_parse(struct request *request, char *head, size_t count);
bool request_field(struct request *request, char *line, bool in_trailer);
void request_reset(struct request *request);
bool request_is_upload(const struct request *request);
size_t percent_decode(const char *from, size_t count, char *to, size_t capacity);

// An answer: text, then a piece of an object's body.
struct answer {
    struct text text;
    size_t text_sent;
    struct object *object;
    size_t offset, end;
};

// Answers a request whose body, if it had one, is in `incoming`, which is let go of.
void answer_make(struct answer *answer, struct request *request, struct object *incoming);
void answer_no_room(struct answer *answer);
void answer_reset(struct answer *answer);

#endif
