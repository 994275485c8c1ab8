#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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
