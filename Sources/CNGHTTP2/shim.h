// Names libnghttp2 for Swift; nothing else includes its headers.
#ifndef SEALGATE_CNGHTTP2_SHIM_H
#define SEALGATE_CNGHTTP2_SHIM_H

#include <malloc.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

// Field values may be secrets. libnghttp2 frees each in a block of its own, so blocks that may be
// one are wiped as they are freed; larger ones are frames' and the library's own.
static inline void sealgate_http2_free(void *block, void *user_data) {
    (void)user_data;
    if (block == NULL) return;
    size_t count = malloc_usable_size(block);
    if (count <= 512) explicit_bzero(block, count);
    free(block);
}

static inline void *sealgate_http2_malloc(size_t count, void *user_data) {
    (void)user_data;
    return malloc(count);
}

static inline void *sealgate_http2_calloc(size_t number, size_t count, void *user_data) {
    (void)user_data;
    return calloc(number, count);
}

static inline void *sealgate_http2_realloc(void *block, size_t count, void *user_data) {
    (void)user_data;
    return realloc(block, count);
}

static inline int sealgate_http2_server_new(nghttp2_session **session,
                                            const nghttp2_session_callbacks *callbacks,
                                            void *user_data, const nghttp2_option *option) {
    // The library keeps a copy.
    nghttp2_mem memory = {NULL, sealgate_http2_malloc, sealgate_http2_free, sealgate_http2_calloc,
                          sealgate_http2_realloc};
    return nghttp2_session_server_new3(session, callbacks, user_data, option, &memory);
}

#endif
