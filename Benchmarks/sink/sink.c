// Sockets: one epoll loop over the listener and its connections.
//
// usage: sink --socket PATH [--discard-suffix SUFFIX] [--memory-max BYTES]
//
// A body whose key ends in SUFFIX is counted and dropped. Prints "ready" when it listens.
#define _GNU_SOURCE
#include "sink.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { EVENT_COUNT = 256, READS_MAX = 16, LIFE_SECONDS_MAX = 7200 };

enum state { HEAD, BODY, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, ANSWER };

struct connection {
    int fd;
    enum state state;
    struct request request;
    struct answer answer;
    struct object *incoming;  // NULL unless the request uploads an object
    uint64_t left;            // of the body or of the chunk
    bool is_full, awaits_write;
    struct text gathered;  // short answers, sent before anything else
    size_t gathered_sent;
    uint8_t *held;  // what came and could not be used yet
    size_t held_count;
};

static int poll_fd;
// Shared: what a connection can't use at once it copies.
static uint8_t buffer[READ_BYTES + HEAD_BYTES_MAX];

static void drop(struct connection *connection) {
    close(connection->fd);
    request_reset(&connection->request);
    answer_reset(&connection->answer);
    free(connection->answer.text.bytes);
    free(connection->gathered.bytes);
    object_release(connection->incoming);
    free(connection->held);
    free(connection);
}

static void finish_request(struct connection *connection) {
    connection->state = ANSWER;
    if (connection->is_full) {
        object_release(connection->incoming);
        answer_no_room(&connection->answer);
    } else {
        answer_make(&connection->answer, &connection->request, connection->incoming);
    }
    connection->incoming = NULL;
    connection->is_full = false;
}

static bool start_request(struct connection *connection, char *head, size_t count) {
    struct request *request = &connection->request;
    if (!request_parse(request, head, count)) return false;
    if (request_is_upload(request)) {
        uint64_t hint = request->chunked ? request->stated_size : request->length;
        connection->incoming = object_new(request->key, hint);
    }
    if (request->expects_continue) {
        static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
        if (send(connection->fd, text, sizeof text - 1, MSG_NOSIGNAL) < 0) return false;
    }
    connection->left = request->length;
    connection->state = request->chunked ? CHUNK_SIZE : BODY;
    if (!request->chunked && !request->length) finish_request(connection);
    return true;
}

static size_t take_body(struct connection *connection, const uint8_t *bytes, size_t count) {
    size_t taken = count < connection->left ? count : connection->left;
    if (connection->incoming && !connection->is_full) {
        connection->is_full = !object_append(connection->incoming, bytes, taken);
    }
    connection->left -= taken;
    if (!connection->left) {
        if (connection->state == BODY) {
            finish_request(connection);
        } else {
            connection->state = CHUNK_END;
        }
    }
    return taken;
}

// One line of the chunked framing, ended by a zero. False where it isn't one.
static bool take_line(struct connection *connection, char *line) {
    char *end;
    switch (connection->state) {
    case CHUNK_SIZE:
        errno = 0;
        connection->left = strtoull(line, &end, 16);
        if (end == line || errno) return false;
        connection->state = connection->left ? CHUNK_DATA : TRAILER;
        return true;
    case CHUNK_END:
        connection->state = CHUNK_SIZE;
        return !*line;
    default:
        if (*line) return request_field(&connection->request, line, true);
        finish_request(connection);
        return true;
    }
}

// Takes what it can of the bytes: their count, 0 when more must come first, -1 when they're wrong.
static ssize_t take(struct connection *connection, uint8_t *bytes, size_t count) {
    uint8_t *end;
    switch (connection->state) {
    case HEAD:
        end = memmem(bytes, count, "\r\n\r\n", 4);
        if (!end) return count < HEAD_BYTES_MAX ? 0 : -1;
        end += 4;
        return start_request(connection, (char *)bytes, (size_t)(end - bytes)) ? end - bytes : -1;
    case BODY:
    case CHUNK_DATA:
        return (ssize_t)take_body(connection, bytes, count);
    default:
        end = memchr(bytes, '\n', count);
        if (!end) return count < HEAD_BYTES_MAX ? 0 : -1;
        *end = 0;
        if (end > bytes && end[-1] == '\r') end[-1] = 0;
        return take_line(connection, (char *)bytes) ? end + 1 - bytes : -1;
    }
}

// 1 when all is sent, 0 when the socket is full, -1 when it is gone.
static int flush(struct connection *connection) {
    struct answer *answer = &connection->answer;
    struct text *gathered = &connection->gathered;
    for (;;) {
        size_t first = gathered->count - connection->gathered_sent;
        size_t text = answer->text.count - answer->text_sent, body = answer->end - answer->offset;
        if (!first) text_reset(gathered), connection->gathered_sent = 0;
        if (!first && !text && !body) return 1;
        struct iovec pieces[3] = {
            {first ? gathered->bytes + connection->gathered_sent : NULL, first},
            {answer->text.bytes + answer->text_sent, text},
            {body ? answer->object->body + answer->offset : NULL, body},
        };
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 3};
        ssize_t sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return errno == EAGAIN ? 0 : -1;
        size_t rest = (size_t)sent;
        size_t of_first = rest < first ? rest : first;
        connection->gathered_sent += of_first, rest -= of_first;
        size_t of_text = rest < text ? rest : text;
        answer->text_sent += of_text;
        answer->offset += rest - of_text;
    }
}

// Keeps a short answer for later: there are more requests to answer at once.
static bool gather(struct connection *connection) {
    struct answer *answer = &connection->answer;
    size_t text = answer->text.count, body = answer->end - answer->offset;
    if (connection->gathered.count + text + body > GATHERED_BYTES_MAX) return false;
    text_append(&connection->gathered, answer->text.bytes, text);
    if (body) text_append(&connection->gathered, answer->object->body + answer->offset, body);
    return true;
}

static bool watch(struct connection *connection, bool awaits_write) {
    if (connection->awaits_write == awaits_write) return true;
    connection->awaits_write = awaits_write;
    struct epoll_event event = {.events = awaits_write ? EPOLLOUT : EPOLLIN,
                                .data.ptr = connection};
    return !epoll_ctl(poll_fd, EPOLL_CTL_MOD, connection->fd, &event);
}

// Works through the first `count` bytes of the buffer and keeps the rest. False to close.
static bool work(struct connection *connection, size_t count) {
    size_t offset = 0;
    for (;;) {
        if (connection->state == ANSWER) {
            bool is_gathered = offset < count && !connection->awaits_write && gather(connection);
            int result = is_gathered ? 1 : flush(connection);
            if (result < 0) return false;
            if (!result) break;
            bool closes = connection->request.closes;
            request_reset(&connection->request);
            answer_reset(&connection->answer);
            connection->state = HEAD;
            if (closes) return false;
        }
        if (offset == count) break;
        ssize_t taken = take(connection, buffer + offset, count - offset);
        if (taken < 0) return false;
        if (!taken) break;
        offset += (size_t)taken;
    }
    // What was gathered doesn't wait for the rest of a request.
    int result = connection->state == ANSWER ? 0 : flush(connection);
    if (result < 0) return false;
    connection->held_count = count - offset;
    if (connection->held_count) {
        uint8_t *held = realloc(connection->held, connection->held_count);
        if (!held) return false;
        connection->held = memcpy(held, buffer + offset, connection->held_count);
    }
    return watch(connection, !result);
}

static bool on_readable(struct connection *connection) {
    for (int reads = 0; reads < READS_MAX && connection->state != ANSWER; reads++) {
        size_t held = connection->held_count;
        if (held > HEAD_BYTES_MAX) return false;
        if (held) memcpy(buffer, connection->held, held);
        ssize_t count = recv(connection->fd, buffer + held, READ_BYTES, 0);
        if (count == 0) return false;
        if (count < 0) return errno == EAGAIN || errno == EINTR;
        if (!work(connection, held + (size_t)count)) return false;
        if (count < READ_BYTES / 4) break;
    }
    return true;
}

static bool on_writable(struct connection *connection) {
    if (connection->held_count) memcpy(buffer, connection->held, connection->held_count);
    return work(connection, connection->held_count);
}

static void accept_all(int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        struct connection *connection = calloc(1, sizeof *connection);
        if (!connection) abort();
        connection->fd = fd;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event)) drop(connection);
    }
}

static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return -1;
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address)) return -1;
    // A worker of another user connects too.
    if (chmod(path, 0666) || listen(fd, 1024)) return -1;
    return fd;
}

int main(int count, char **arguments) {
    const char *path = NULL, *suffix = "";
    uint64_t bytes_max = UINT64_MAX;
    for (int index = 1; index + 1 < count; index += 2) {
        const char *name = arguments[index], *value = arguments[index + 1];
        if (!strcmp(name, "--socket")) path = value;
        if (!strcmp(name, "--discard-suffix")) suffix = value;
        if (!strcmp(name, "--memory-max")) bytes_max = strtoull(value, NULL, 10);
    }
    if (!path) {
        fputs("usage: sink --socket PATH [--discard-suffix SUFFIX] [--memory-max BYTES]\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    alarm(LIFE_SECONDS_MAX);  // outlives no benchmark
    objects_limit(bytes_max, suffix);
    int listener = listen_at(path);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (listener < 0 || poll_fd < 0 || epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &event)) {
        perror("sink");
        return 1;
    }
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct epoll_event events[EVENT_COUNT];
        int ready = epoll_wait(poll_fd, events, EVENT_COUNT, -1);
        for (int index = 0; index < ready; index++) {
            struct connection *connection = events[index].data.ptr;
            if (!connection) {
                accept_all(listener);
            } else if (!(connection->awaits_write ? on_writable : on_readable)(connection)) {
                drop(connection);
            }
        }
    }
}
