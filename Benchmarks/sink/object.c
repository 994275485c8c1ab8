// The objects: a hash table of reference-counted bodies.
#define _GNU_SOURCE
#include "sink.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_COUNT = 1 << 16 };

static struct object *slots[SLOT_COUNT];
static size_t object_count;
static uint64_t bytes_used, bytes_max = UINT64_MAX, versions;
static const char *discard_suffix = "";

void objects_limit(uint64_t most, const char *suffix) {
    bytes_max = most;
    discard_suffix = suffix;
    versions = (uint64_t)time(NULL) << 32;
}

void text_reset(struct text *text) { text->count = 0; }

void text_add(struct text *text, const char *format, ...) {
    for (;;) {
        size_t room = text->capacity - text->count;
        va_list arguments;
        va_start(arguments, format);
        int count = vsnprintf(text->bytes + text->count, room, format, arguments);
        va_end(arguments);
        if (count < 0) return;
        if ((size_t)count < room) {
            text->count += (size_t)count;
            return;
        }
        text->capacity = text->capacity * 2 + (size_t)count + 512;
        text->bytes = realloc(text->bytes, text->capacity);
        if (!text->bytes) abort();
    }
}

void text_append(struct text *text, const void *bytes, size_t count) {
    if (text->capacity - text->count < count) {
        text->capacity = text->capacity * 2 + count;
        text->bytes = realloc(text->bytes, text->capacity);
        if (!text->bytes) abort();
    }
    memcpy(text->bytes + text->count, bytes, count);
    text->count += count;
}

static struct object **slot(const char *key) {
    uint64_t hash = 14695981039346656037u;  // FNV-1a
    for (const char *at = key; *at; at++) hash = (hash ^ (uint8_t)*at) * 1099511628211u;
    return &slots[(hash ^ hash >> 32) % SLOT_COUNT];
}

static bool is_discarded(const char *key) {
    size_t count = strlen(key), suffix = strlen(discard_suffix);
    return suffix && count >= suffix && !strcmp(key + count - suffix, discard_suffix);
}

struct object *object_new(const char *key, uint64_t size_hint) {
    struct object *object = calloc(1, sizeof *object);
    if (!object || !(object->key = strdup(key))) abort();
    object->references = 1;
    if (size_hint && size_hint <= bytes_max - bytes_used && !is_discarded(key)) {
        object->body = malloc(size_hint);
        object->capacity = object->body ? size_hint : 0;
        bytes_used += object->capacity;
    }
    return object;
}

bool object_append(struct object *object, const uint8_t *bytes, size_t count) {
    if (is_discarded(object->key)) {
        object->size += count;
        return true;
    }
    if (object->capacity - object->size < count) {
        size_t capacity = object->size + object->size / 2 + count + 4096;
        if (capacity - object->capacity > bytes_max - bytes_used) return false;
        uint8_t *body = realloc(object->body, capacity);
        if (!body) return false;
        bytes_used += capacity - object->capacity;
        object->body = body;
        object->capacity = capacity;
    }
    memcpy(object->body + object->size, bytes, count);
    object->size += count;
    return true;
}

void object_release(struct object *object) {
    if (!object || --object->references > 0) return;
    bytes_used -= object->capacity;
    free(object->body);
    free(object->metadata);
    free(object->key);
    free(object);
}

struct object *object_find(const char *key) {
    struct object *object = *slot(key);
    while (object && strcmp(object->key, key)) object = object->next;
    return object;
}

void object_remove(const char *key) {
    for (struct object **at = slot(key); *at; at = &(*at)->next) {
        struct object *object = *at;
        if (strcmp(object->key, key)) continue;
        *at = object->next;
        object_count--;
        object_release(object);
        return;
    }
}

bool object_commit(struct object *object) {
    object->modified = time(NULL);
    snprintf(object->etag, sizeof object->etag, "\"%016llx\"", (unsigned long long)++versions);
    if (is_discarded(object->key)) return true;
    object_remove(object->key);
    if (object_count >= OBJECT_COUNT_MAX) return false;
    struct object **at = slot(object->key);
    object->next = *at;
    object->references++;
    *at = object;
    object_count++;
    return true;
}

static int by_key(const void *one, const void *other) {
    struct object *const *left = one, *const *right = other;
    return strcmp((*left)->key, (*right)->key);
}

static void add_encoded(struct text *out, const char *key) {
    static const char kept[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    for (; *key; key++) {
        if (strchr(kept, *key)) {
            text_add(out, "%c", *key);
        } else {
            text_add(out, "%%%02X", (uint8_t)*key);
        }
    }
}

// Adds the Contents elements of all objects whose key begins so; `skipped` bytes are the bucket's.
void objects_list(const char *prefix, size_t skipped, struct text *out) {
    struct object **found = calloc(object_count + 1, sizeof *found);
    if (!found) abort();
    size_t count = 0, prefix_count = strlen(prefix);
    for (size_t index = 0; index < SLOT_COUNT; index++) {
        for (struct object *object = slots[index]; object; object = object->next) {
            if (!strncmp(object->key, prefix, prefix_count)) found[count++] = object;
        }
    }
    qsort(found, count, sizeof *found, by_key);
    for (size_t index = 0; index < count; index++) {
        struct object *object = found[index];
        char when[32];
        struct tm parts;
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S.000Z", gmtime_r(&object->modified, &parts));
        text_add(out, "<Contents><Key>");
        add_encoded(out, object->key + skipped);
        text_add(out, "</Key><LastModified>%s</LastModified><ETag>%s</ETag><Size>%zu</Size>", when,
                 object->etag, object->size);
        if (object->metadata) text_add(out, "<Metadata>%s</Metadata>", object->metadata);
        text_add(out, "</Contents>");
    }
    free(found);
}
