// What is answered: the operations of the dialect that single objects need.
#define _GNU_SOURCE
#include "sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t request_count;

static void begin(struct answer *answer, const char *status) {
    text_add(&answer->text, "HTTP/1.1 %s\r\nx-amz-request-id: %016llx\r\n", status,
             (unsigned long long)++request_count);
}

static void finish(struct answer *answer, const char *type, const char *body, bool is_head) {
    size_t count = strlen(body);
    if (count) text_add(&answer->text, "Content-Type: %s\r\n", type);
    text_add(&answer->text, "Content-Length: %zu\r\n\r\n%s", count, is_head ? "" : body);
}

static void refuse(struct answer *answer, const struct request *request, const char *status,
                   const char *code) {
    char body[256];
    snprintf(body, sizeof body,
             "<Error><Code>%s</Code><Message>%s</Message><Resource/><RequestId/></Error>", code,
             code);
    begin(answer, status);
    finish(answer, "application/xml", body, !strcmp(request->method, "HEAD"));
}

static void empty(struct answer *answer, const char *status) {
    begin(answer, status);
    text_add(&answer->text, "Content-Length: 0\r\n\r\n");
}

static void describe(struct answer *answer, const struct object *object) {
    char when[40];
    struct tm parts;
    strftime(when, sizeof when, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&object->modified, &parts));
    text_add(&answer->text, "ETag: %s\r\nLast-Modified: %s\r\n", object->etag, when);
}

// The commit of an upload whose body is complete.
static void commit(struct answer *answer, struct request *request, struct object *incoming) {
    struct object *older = object_find(incoming->key);
    if ((request->wants_trailer && !request->has_trailer) ||
        (request->has_stated_size && request->stated_size != incoming->size)) {
        return refuse(answer, request, "400 Bad Request", "IncompleteBody");
    }
    if (*request->if_match && !older) return refuse(answer, request, "404 Not Found", "NoSuchKey");
    if ((request->if_none_match && older) ||
        (*request->if_match && strcmp(request->if_match, older->etag))) {
        return refuse(answer, request, "412 Precondition Failed", "PreconditionFailed");
    }
    incoming->metadata = request->metadata;
    request->metadata = NULL;
    if (!object_commit(incoming)) return answer_no_room(answer);
    begin(answer, "200 OK");
    describe(answer, incoming);
    text_add(&answer->text, "Content-Length: 0\r\n\r\n");
}

// One range of any form; false where it lies outside of the object.
static bool range(const char *text, size_t size, size_t *offset, size_t *end) {
    unsigned long long first, last;
    *end = size;
    if (sscanf(text, "bytes=-%llu", &last) == 1) {
        *offset = last < size ? size - last : 0;
        return last > 0 && size > 0;
    }
    int fields = sscanf(text, "bytes=%llu-%llu", &first, &last);
    if (fields < 1 || first >= size || (fields == 2 && last < first)) return false;
    *offset = first;
    if (fields == 2 && last < size) *end = last + 1;
    return true;
}

static void get(struct answer *answer, const struct request *request) {
    bool is_head = !strcmp(request->method, "HEAD");
    struct object *object = object_find(request->key);
    if (!object) return refuse(answer, request, "404 Not Found", "NoSuchKey");
    if (*request->if_match && strcmp(request->if_match, object->etag)) {
        return refuse(answer, request, "412 Precondition Failed", "PreconditionFailed");
    }
    size_t offset = 0, end = object->size;
    if (*request->range && !range(request->range, object->size, &offset, &end)) {
        return refuse(answer, request, "416 Range Not Satisfiable", "InvalidRange");
    }
    begin(answer, *request->range ? "206 Partial Content" : "200 OK");
    describe(answer, object);
    if (*request->range) {
        text_add(&answer->text, "Content-Range: bytes %zu-%zu/%zu\r\n", offset, end - 1,
                 object->size);
    }
    if (object->metadata) {
        text_add(&answer->text, "x-amz-meta-sealgate: %s\r\n", object->metadata);
    }
    text_add(&answer->text, "Accept-Ranges: bytes\r\nContent-Length: %zu\r\n\r\n", end - offset);
    if (is_head) return;
    object->references++;
    answer->object = object;
    answer->offset = offset;
    answer->end = end;
}

// Every record in one page.
static void list(struct answer *answer, const struct request *request) {
    char prefix[2 * KEY_BYTES_MAX];
    size_t bucket_count = strcspn(request->key, "/");
    memcpy(prefix, request->key, bucket_count);
    prefix[bucket_count++] = '/';
    prefix[bucket_count] = 0;
    const char *from = strstr(request->query, "prefix=");
    if (from) {
        from += strlen("prefix=");
        percent_decode(from, strcspn(from, "&"), prefix + bucket_count, KEY_BYTES_MAX);
    }
    struct text body = {0};
    text_add(&body,
             "<ListBucketResult><Name>%.*s</Name><EncodingType>url</EncodingType>"
             "<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>",
             (int)bucket_count - 1, request->key);
    objects_list(prefix, bucket_count, &body);
    text_add(&body, "</ListBucketResult>");
    begin(answer, "200 OK");
    finish(answer, "application/xml", body.bytes, false);
    free(body.bytes);
}

static void capabilities(struct answer *answer) {
    begin(answer, "200 OK");
    finish(answer, "application/json",
           "{\"dialect\":1,\"capabilities\":[\"trailer-metadata\",\"complete-metadata\","
           "\"part-attributes\",\"list-metadata\",\"replace-metadata\",\"conditional-commit\","
           "\"copy-object\",\"reserved-namespace\",\"pipelining\"]}",
           false);
}

static bool has_query(const struct request *request, const char *text) {
    return request->query && strstr(request->query, text);
}

// Buckets: every one exists.
static void on_bucket(struct answer *answer, const struct request *request) {
    bool is_get = !strcmp(request->method, "GET");
    if (is_get && !*request->key && has_query(request, "sealgate-capabilities")) {
        capabilities(answer);
    } else if (is_get && *request->key && has_query(request, "list-type=2")) {
        list(answer, request);
    } else if (!strcmp(request->method, "HEAD") || !strcmp(request->method, "PUT")) {
        empty(answer, "200 OK");
    } else {
        refuse(answer, request, "501 Not Implemented", "NotImplemented");
    }
}

void answer_make(struct answer *answer, struct request *request, struct object *incoming) {
    const char *slash = strchr(request->key, '/');
    bool is_other = has_query(request, "uploadId=") || has_query(request, "sealgate-metadata");
    if (!slash || !slash[1]) {
        on_bucket(answer, request);
    } else if (is_other) {
        refuse(answer, request, "501 Not Implemented", "NotImplemented");
    } else if (incoming) {
        commit(answer, request, incoming);
    } else if (!strcmp(request->method, "GET") || !strcmp(request->method, "HEAD")) {
        get(answer, request);
    } else if (!strcmp(request->method, "DELETE")) {
        object_remove(request->key);
        begin(answer, "204 No Content");
        text_add(&answer->text, "\r\n");
    } else {
        refuse(answer, request, "501 Not Implemented", "NotImplemented");
    }
    object_release(incoming);
}

void answer_no_room(struct answer *answer) {
    begin(answer, "507 Insufficient Storage");
    text_add(&answer->text, "Content-Length: 0\r\n\r\n");
}

void answer_reset(struct answer *answer) {
    object_release(answer->object);
    text_reset(&answer->text);
    *answer = (struct answer){.text = answer->text};
}
