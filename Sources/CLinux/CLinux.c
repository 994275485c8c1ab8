#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

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
