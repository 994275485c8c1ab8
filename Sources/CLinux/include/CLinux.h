// Linux calls that Swift's Glibc module doesn't name.
#ifndef SEALGATE_CLINUX_H
#define SEALGATE_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Writes the user id of the process at the other end of a Unix socket; 0, or -1 with errno.
int sealgate_peer_uid(int socket, uid_t *uid);

/// Lets reads and writes of a file pass the page cache (O_DIRECT), or go through it; 0, or -1 with
/// errno, as where the file system can't.
int sealgate_set_direct(int file, int is_direct);

/// Whether bytes of a file are in the page cache, by a look at one page in 128 KiB and at the last;
/// 0 also where that can't be told, as of a file of somebody else. Neither reads nor starts to.
int sealgate_is_cached(int file, off_t offset, size_t count);

/// Sends bytes of a file without copying them (sendfile); how many, or -1 with errno.
ssize_t sealgate_send_file(int target, int file, off_t offset, size_t count);

/// Sends bytes over a Unix socket with open files (SCM_RIGHTS), all at once and without waiting; 0,
/// or -1 with errno.
int sealgate_send_files(
    int socket, const void *bytes, size_t count, const int *files, size_t file_count
);

/// Receives bytes of a Unix socket without waiting, with the files that came along, of which there
/// may be `*file_count`; writes how many there were. How many bytes, 0 at the end, or -1 with
/// errno: EMSGSIZE for more files than that, none of which stays open.
ssize_t sealgate_receive_files(
    int socket, void *bytes, size_t capacity, int *files, size_t *file_count
);

/// Reads bytes of a file as far as they are in the page cache; how many, 0 at the file's end, or -1
/// with errno: EAGAIN where the first isn't, EOPNOTSUPP where the file system can't tell.
ssize_t sealgate_read_cached(int file, void *bytes, size_t count, off_t offset);

/// Forbids core dumps and ptrace by other processes of the user; 0, or -1 with errno.
int sealgate_forbid_dumps(void);

/// Lets the allocator keep freed memory for reuse, up to `bytes` an arena, instead of giving it
/// back to the kernel at every lull; blocks below 4 MiB come from arenas. 0, or -1.
int sealgate_keep_freed_memory(size_t bytes);

#endif
