#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

int sealgate_peer_uid(int socket, uid_t *uid) {
    struct ucred peer;
    socklen_t size = sizeof(peer);
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
    *uid = peer.uid;
    return 0;
}

int sealgate_set_direct(int file, int is_direct) {
    int flags = fcntl(file, F_GETFL);
    if (flags == -1) return -1;
    return fcntl(file, F_SETFL, is_direct ? flags | O_DIRECT : flags & ~O_DIRECT);
}

int sealgate_is_cached(int file, off_t offset, size_t count) {
    enum { page_bytes = 4096, step_bytes = 131072 };
    if (count == 0) return 0;
    const size_t before = (size_t)offset % page_bytes, size = before + count;
    char *place = mmap(NULL, size, PROT_READ, MAP_SHARED, file, offset - (off_t)before);
    if (place == MAP_FAILED) return 0;
    const size_t last = (size - 1) / page_bytes * page_bytes;
    unsigned char page = 0;
    int is_cached = mincore(place + last, page_bytes, &page) == 0 && (page & 1);
    for (size_t at = 0; is_cached && at < last; at += step_bytes) {
        is_cached = mincore(place + at, page_bytes, &page) == 0 && (page & 1);
    }
    munmap(place, size);
    return is_cached;
}

ssize_t sealgate_send_file(int target, int file, off_t offset, size_t count) {
    return sendfile(target, file, &offset, count);
}

// What the kernel takes in one message.
enum { files_max = 253 };

int sealgate_send_files(
    int socket, const void *bytes, size_t count, const int *files, size_t file_count
) {
    if (file_count == 0 || file_count > files_max) {
        errno = EINVAL;
        return -1;
    }
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(files_max * sizeof(int))];
    } control = {0};
    struct iovec piece = {(void *)bytes, count};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1,
        .msg_control = control.bytes, .msg_controllen = CMSG_SPACE(file_count * sizeof(int)),
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(file_count * sizeof(int));
    memcpy(CMSG_DATA(header), files, file_count * sizeof(int));
    const ssize_t sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent == (ssize_t)count) return 0;
    if (sent >= 0) errno = EMSGSIZE;
    return -1;
}

ssize_t sealgate_receive_files(
    int socket, void *bytes, size_t capacity, int *files, size_t *file_count
) {
    const size_t room = *file_count;
    *file_count = 0;
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(files_max * sizeof(int))];
    } control;
    struct iovec piece = {bytes, capacity};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1,
        .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
    };
    const ssize_t received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (received < 0) return -1;
    int is_complete = (message.msg_flags & MSG_CTRUNC) == 0;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    for (; header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const size_t found = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < found; index += 1) {
            int file;
            memcpy(&file, CMSG_DATA(header) + index * sizeof(int), sizeof(int));
            if (*file_count < room) {
                files[(*file_count)++] = file;
            } else {
                close(file);
                is_complete = 0;
            }
        }
    }
    if (is_complete) return received;
    for (size_t index = 0; index < *file_count; index += 1) close(files[index]);
    *file_count = 0;
    errno = EMSGSIZE;
    return -1;
}

ssize_t sealgate_read_cached(int file, void *bytes, size_t count, off_t offset) {
    struct iovec piece = {bytes, count};
    return preadv2(file, &piece, 1, offset, RWF_NOWAIT);
}

int sealgate_forbid_dumps(void) {
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return -1;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int sealgate_keep_freed_memory(size_t bytes) {
    if (bytes > INT_MAX) return -1;
    int done = mallopt(M_TRIM_THRESHOLD, (int)bytes) & mallopt(M_TOP_PAD, 1 << 20)
        & mallopt(M_MMAP_THRESHOLD, 4 << 20);
    return done ? 0 : -1;
}
