// A request's head: the request line and the few fields that this server heeds.
#define _GNU_SOURCE
#include "sink.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int nibble(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    digit = (char)(digit | 0x20);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

// Decodes into `to`, ended by a zero; an escape that isn't one stays as it is. Gives the count,
// which is cut to the capacity.
size_t percent_decode(const char *from, size_t count, char *to, size_t capacity) {
    size_t written = 0;
    for (size_t index = 0; index < count && written + 1 < capacity; index++) {
        char next = from[index];
        if (next == '%' && index + 2 < count && nibble(from[index + 1]) >= 0 &&
            nibble(from[index + 2]) >= 0) {
            next = (char)(nibble(from[index + 1]) << 4 | nibble(from[index + 2]));
            index += 2;
        }
        to[written++] = next;
    }
    to[written] = 0;
    return written;
}

void request_reset(struct request *request) {
    free(request->query);
    free(request->metadata);
    *request = (struct request){0};
}

bool request_is_upload(const struct request *request) {
    const char *slash = strchr(request->key, '/');
    return !strcmp(request->method, "PUT") && slash && slash[1];
}

static bool number(const char *text, uint64_t *value) {
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return isdigit((unsigned char)*text) && !*end && !errno;
}

static bool keep(char *to, const char *value) {
    if (strlen(value) >= VALUE_BYTES_MAX) return false;
    strcpy(to, value);
    return true;
}

// One "name: value" line without its end.
bool request_field(struct request *request, char *line, bool in_trailer) {
    char *value = strchr(line, ':');
    if (!value || value == line) return false;
    *value++ = 0;
    value += strspn(value, " \t");
    for (size_t end = strlen(value); end && strchr(" \t\r", value[end - 1]);) value[--end] = 0;

    if (!strcasecmp(line, "x-amz-meta-sealgate")) {
        free(request->metadata);
        request->metadata = strdup(value);
        if (in_trailer) request->has_trailer = true;
        return request->metadata != NULL;
    }
    if (in_trailer) return true;
    if (!strcasecmp(line, "content-length")) return number(value, &request->length);
    if (!strcasecmp(line, "transfer-encoding")) {
        request->chunked = !strcasecmp(value, "chunked");
        return request->chunked;
    }
    if (!strcasecmp(line, "trailer")) {
        request->wants_trailer = strcasestr(value, "x-amz-meta-sealgate") != NULL;
    } else if (!strcasecmp(line, "x-sealgate-size")) {
        request->has_stated_size = true;
        return number(value, &request->stated_size);
    } else if (!strcasecmp(line, "if-none-match")) {
        request->if_none_match = true;
    } else if (!strcasecmp(line, "if-match")) {
        return keep(request->if_match, value);
    } else if (!strcasecmp(line, "range")) {
        return keep(request->range, value);
    } else if (!strcasecmp(line, "expect")) {
        request->expects_continue = !strcasecmp(value, "100-continue");
    } else if (!strcasecmp(line, "connection")) {
        request->closes = !strcasecmp(value, "close");
    }
    return true;
}

static bool request_line(struct request *request, char *line) {
    char *target = strchr(line, ' ');
    if (!target || target - line >= (ptrdiff_t)sizeof request->method) return false;
    *target++ = 0;
    strcpy(request->method, line);
    char *version = strchr(target, ' ');
    if (!version || strncmp(version + 1, "HTTP/1.1", 8) || *target != '/') return false;
    *version = 0;
    char *query = strchr(target, '?');
    if (query) {
        *query++ = 0;
        request->query = strdup(query);
        if (!request->query) return false;
    }
    size_t count = strlen(target + 1);
    percent_decode(target + 1, count, request->key, sizeof request->key);
    return count < sizeof request->key;
}

// `head` ends behind the empty line.
bool request_parse(struct request *request, char *head, size_t count) {
    char *end = head + count;
    bool is_first = true;
    while (head < end) {
        char *newline = memchr(head, '\n', (size_t)(end - head));
        if (!newline) return false;
        *newline = 0;
        if (newline > head && newline[-1] == '\r') newline[-1] = 0;
        if (!*head) return !is_first;
        if (is_first ? !request_line(request, head) : !request_field(request, head, false)) {
            return false;
        }
        is_first = false;
        head = newline + 1;
    }
    return false;
}
