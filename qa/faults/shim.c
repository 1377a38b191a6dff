/* Every call that changes files under FAULT_ROOT: counted, written down, and on demand failed, cut short or answered by a SIGKILL.
 *
 * Loaded with LD_PRELOAD. FAULT_CONTROL is a page shared with the tests (qa/faults/shim.py has the same layout): counters, the fault
 * that is armed, a mutex. FAULT_LOG receives one record per call, in the order in which the calls were made, contents included; both
 * lie outside FAULT_ROOT. Calls of all threads and child processes are made one at a time, so that the order is exact.
 * What is not seen here (io_uring, stdio, writable shared maps) shows: replaying the log does not give the files that are there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN, WRITE, TRUNCATE, ALLOCATE, FSYNC, FDATASYNC, RENAME, UNLINK, RMDIR, MKDIR, LINK, CLOSE, MAP, RANGE, OTHER, KINDS };
enum { NONE, ONCE, STICKY, SHORT, FILLS };                              /* FILLS: half of a write, then ENOSPC or the like for all growth */
enum { CREATED = 1, TRUNCATED = 2, DURABLE = 4, DIRECTORY = 8, SWALLOWED = 16 };

struct control {
    int64_t ready, count, fault_at, fault_kind, fault_error, fault_mode, hits, kill_at, kill_torn, swallow;
    int64_t kinds[32];
    pthread_mutex_t mutex;
};

struct record {
    uint32_t size, kind;
    int32_t error;
    uint32_t pid, flags, name, name2, padding;                          /* lengths of what follows the record: name, name2, data */
    uint64_t ino, dir, dir2;
    int64_t offset;
    uint64_t data;
};

static struct control *control;
static char root[PATH_MAX];
static size_t root_length;
static int log_file = -1;

__attribute__((constructor)) static void start(void) {
    const char *place = getenv("FAULT_ROOT"), *page = getenv("FAULT_CONTROL"), *log = getenv("FAULT_LOG");
    if (!place || !page || !realpath(place, root)) return;
    root_length = strlen(root);
    int file = (int)syscall(SYS_openat, AT_FDCWD, page, O_RDWR | O_CLOEXEC, 0);
    if (file < 0) return;
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    if (control == MAP_FAILED) { control = NULL; return; }
    if (!control->ready) {                                              /* the first process; children begin later */
        pthread_mutexattr_t kind;
        pthread_mutexattr_init(&kind);
        pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
        pthread_mutex_init(&control->mutex, &kind);
        control->ready = 1;
    }
    if (log) log_file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (log_file >= 0) {                                                /* out of the way of the low numbers, and not inherited */
        int high = fcntl(log_file, F_DUPFD_CLOEXEC, 500);
        if (high >= 0) { syscall(SYS_close, log_file); log_file = high; }
    }
}

static void enter(void) {
    if (pthread_mutex_lock(&control->mutex) == EOWNERDEAD) pthread_mutex_consistent(&control->mutex);
}

static void leave(void) { pthread_mutex_unlock(&control->mutex); }

static int under_root(const char *path) {
    return !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

/* Where an open file lies, relative to the root; NULL where that is elsewhere. */
static const char *place_of(int fd, char *buffer) {
    char link[64];
    if (!control || fd < 0 || fd == log_file) return NULL;
    strcpy(link, "/proc/self/fd/");
    int digits = 14;
    for (int unit = 1000000000; unit; unit /= 10)
        if (fd >= unit || unit == 1) link[digits++] = (char)('0' + fd / unit % 10);
    link[digits] = 0;
    ssize_t length = readlink(link, buffer, PATH_MAX - 1);
    if (length < 0) return NULL;
    buffer[length] = 0;
    if (!under_root(buffer)) return NULL;
    return buffer[root_length] ? buffer + root_length + 1 : ".";
}

struct place { char folder[PATH_MAX]; char name[NAME_MAX + 1]; uint64_t dir, ino; int exists; };

/* The folder and the name a path means; 0 where that is outside the root. */
static int resolve(int at, const char *path, struct place *place) {
    char whole[PATH_MAX], *slash;
    if (!control || !path || !*path) return 0;
    if (*path == '/') whole[0] = 0;
    else if (at == AT_FDCWD) { if (!getcwd(whole, sizeof whole)) return 0; }
    else {
        char buffer[PATH_MAX];
        if (!place_of(at, buffer)) return 0;
        strcpy(whole, buffer);
    }
    if (strlen(whole) + strlen(path) + 2 > sizeof whole) return 0;
    if (*path != '/') strcat(whole, "/");
    strcat(whole, path);
    while (strlen(whole) > 1 && whole[strlen(whole) - 1] == '/') whole[strlen(whole) - 1] = 0;
    slash = strrchr(whole, '/');
    if (!slash || strlen(slash + 1) > NAME_MAX) return 0;
    strcpy(place->name, slash + 1);
    if (slash == whole) slash++;
    *slash = 0;
    if (!realpath(whole, place->folder) || !under_root(place->folder)) return 0;
    struct stat folder, file;
    if (stat(place->folder, &folder)) return 0;
    place->dir = folder.st_ino;
    strcpy(whole, place->folder);
    strcat(whole, "/");
    strcat(whole, place->name);
    place->exists = !lstat(whole, &file);
    place->ino = place->exists ? file.st_ino : 0;
    return 1;
}

static uint64_t inode_of(int fd, uint32_t *flags) {
    struct stat file;
    if (fstat(fd, &file)) return 0;
    if (flags && S_ISDIR(file.st_mode)) *flags |= DIRECTORY;
    return file.st_ino;
}

static void note(struct record record, const char *name, const char *name2, const struct iovec *data, int pieces) {
    if (log_file < 0) return;
    record.pid = (uint32_t)getpid();
    record.name = name ? (uint32_t)strlen(name) : 0;
    record.name2 = name2 ? (uint32_t)strlen(name2) : 0;
    record.size = (uint32_t)(sizeof record);
    struct iovec head[3] = {{&record, sizeof record}, {(void *)name, record.name}, {(void *)name2, record.name2}};
    syscall(SYS_writev, log_file, head, 3);
    uint64_t left = record.data;
    for (int i = 0; i < pieces && left; i++) {
        size_t share = data[i].iov_len < left ? data[i].iov_len : left;
        for (size_t done = 0; done < share;) {
            ssize_t written = syscall(SYS_write, log_file, (char *)data[i].iov_base + done, share - done);
            if (written <= 0) abort();                                  /* a log with a hole would prove nothing */
            done += (size_t)written;
        }
        left -= share;
    }
}

enum { AS_ASKED = 0, HALF = -1, HALF_THEN_KILL = -2 };

/* What is to become of the call that begins now: AS_ASKED, an errno, or half of it. */
static int gate(int kind, int grows, int can_be_short) {
    control->count++;
    control->kinds[kind]++;
    if (control->kill_at && control->count >= control->kill_at) {
        if (control->kill_torn && can_be_short && control->count == control->kill_at) return HALF_THEN_KILL;
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
    if (control->fault_mode == NONE || !control->fault_at) return AS_ASKED;
    int64_t at = control->fault_kind ? control->kinds[kind] : control->count;
    int here = (!control->fault_kind || control->fault_kind == kind + 1) && at == control->fault_at;
    int later = (!control->fault_kind || control->fault_kind == kind + 1) && at > control->fault_at;
    int full = control->fault_error == ENOSPC || control->fault_error == EDQUOT;
    int result = AS_ASKED;
    if (control->fault_mode == ONCE && here) result = (int)control->fault_error;
    if (control->fault_mode == STICKY && (here || (later && (grows || !full)))) result = (int)control->fault_error;
    if (control->fault_mode == SHORT && here && can_be_short) result = HALF;
    if (control->fault_mode == FILLS && here) result = can_be_short ? HALF : grows ? (int)control->fault_error : AS_ASKED;
    if (control->fault_mode == FILLS && later && grows) result = (int)control->fault_error;
    if (result != AS_ASKED) control->hits++;
    return result;
}

static long fail(struct record record, int error, const char *name, const char *name2) {
    record.error = error;
    note(record, name, name2, NULL, 0);
    leave();
    errno = error;
    return -1;
}

static long finish(struct record record, long result, const char *name, const char *name2) {
    int error = result < 0 ? errno : 0;
    record.error = error;
    note(record, name, name2, NULL, 0);
    leave();
    errno = error;
    return result;
}

/* ---- names ---- */

static int open_at(int at, const char *path, int flags, mode_t mode) {
    struct place place;
    if (!resolve(at, path, &place)) return (int)syscall(SYS_openat, at, path, flags, mode);
    struct record record = {.kind = OPEN, .dir = place.dir};
    int creates = (flags & O_CREAT) && !place.exists;
    enter();
    int error = gate(OPEN, creates, 0);
    if (error > 0) return (int)fail(record, error, place.name, NULL);
    long fd = syscall(SYS_openat, at, path, flags, mode);
    if (fd >= 0) {
        int known = errno;
        record.ino = inode_of((int)fd, &record.flags);
        if (creates || (flags & O_TMPFILE) == O_TMPFILE) record.flags |= CREATED;
        if ((flags & O_TMPFILE) == O_TMPFILE) place.name[0] = 0;        /* a file without a name, in the folder that `name` was */
        if ((flags & O_TRUNC) && !creates && (flags & O_ACCMODE) != O_RDONLY) record.flags |= TRUNCATED;
        errno = known;
    }
    return (int)finish(record, fd, place.name, NULL);
}

#define MODE(flags, last) ({ mode_t mode_ = 0; if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list list_; va_start(list_, last); mode_ = va_arg(list_, mode_t); va_end(list_); } mode_; })

int open(const char *path, int flags, ...) { return open_at(AT_FDCWD, path, flags, MODE(flags, flags)); }
int open64(const char *path, int flags, ...) { return open_at(AT_FDCWD, path, flags | O_LARGEFILE, MODE(flags, flags)); }
int openat(int at, const char *path, int flags, ...) { return open_at(at, path, flags, MODE(flags, flags)); }
int openat64(int at, const char *path, int flags, ...) { return open_at(at, path, flags | O_LARGEFILE, MODE(flags, flags)); }
int __open_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags | O_LARGEFILE, 0); }
int __openat_2(int at, const char *path, int flags) { return open_at(at, path, flags, 0); }
int __openat64_2(int at, const char *path, int flags) { return open_at(at, path, flags | O_LARGEFILE, 0); }
int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

static int rename_at(int at, const char *from, int to_at, const char *to, unsigned flags) {
    struct place old, new;
    int inside = resolve(at, from, &old), into = resolve(to_at, to, &new);
    if (!inside && !into) return (int)syscall(SYS_renameat2, at, from, to_at, to, flags);
    struct record record = {.kind = inside && into && !(flags & ~1u) ? RENAME : OTHER, .dir = old.dir, .dir2 = new.dir, .ino = old.ino};
    enter();
    int error = gate(RENAME, 1, 0);
    if (error > 0) return (int)fail(record, error, old.name, new.name);
    return (int)finish(record, syscall(SYS_renameat2, at, from, to_at, to, flags), old.name, new.name);
}

int rename(const char *from, const char *to) { return rename_at(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int at, const char *from, int to_at, const char *to) { return rename_at(at, from, to_at, to, 0); }
int renameat2(int at, const char *from, int to_at, const char *to, unsigned flags) { return rename_at(at, from, to_at, to, flags); }

static int unlink_at(int at, const char *path, int flags) {
    struct place place;
    if (!resolve(at, path, &place)) return (int)syscall(SYS_unlinkat, at, path, flags);
    struct record record = {.kind = flags & AT_REMOVEDIR ? RMDIR : UNLINK, .dir = place.dir, .ino = place.ino};
    enter();
    int error = gate((int)record.kind, 0, 0);
    if (error > 0) return (int)fail(record, error, place.name, NULL);
    return (int)finish(record, syscall(SYS_unlinkat, at, path, flags), place.name, NULL);
}

int unlink(const char *path) { return unlink_at(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return unlink_at(at, path, flags); }
int rmdir(const char *path) { return unlink_at(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) {
    struct stat file;
    return !lstat(path, &file) && S_ISDIR(file.st_mode) ? rmdir(path) : unlink(path);
}

static int mkdir_at(int at, const char *path, mode_t mode) {
    struct place place;
    if (!resolve(at, path, &place)) return (int)syscall(SYS_mkdirat, at, path, mode);
    struct record record = {.kind = MKDIR, .dir = place.dir};
    enter();
    int error = gate(MKDIR, 1, 0);
    if (error > 0) return (int)fail(record, error, place.name, NULL);
    long result = syscall(SYS_mkdirat, at, path, mode);
    if (!result && resolve(at, path, &place)) record.ino = place.ino;
    return (int)finish(record, result, place.name, NULL);
}

int mkdir(const char *path, mode_t mode) { return mkdir_at(AT_FDCWD, path, mode); }
int mkdirat(int at, const char *path, mode_t mode) { return mkdir_at(at, path, mode); }

static int link_at(int at, const char *from, int to_at, const char *to, int flags) {
    struct place new;
    if (!resolve(to_at, to, &new)) return (int)syscall(SYS_linkat, at, from, to_at, to, flags);
    struct record record = {.kind = LINK, .dir2 = new.dir};
    enter();
    int error = gate(LINK, 1, 0);
    if (error > 0) return (int)fail(record, error, NULL, new.name);
    long result = syscall(SYS_linkat, at, from, to_at, to, flags);
    if (!result && resolve(to_at, to, &new)) record.ino = new.ino;
    return (int)finish(record, result, NULL, new.name);
}

int link(const char *from, const char *to) { return link_at(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int at, const char *from, int to_at, const char *to, int flags) { return link_at(at, from, to_at, to, flags); }

int symlinkat(const char *target, int at, const char *path) {
    struct place place;
    if (!resolve(at, path, &place)) return (int)syscall(SYS_symlinkat, target, at, path);
    struct record record = {.kind = OTHER, .dir = place.dir};
    enter();
    int error = gate(OTHER, 1, 0);
    if (error > 0) return (int)fail(record, error, place.name, NULL);
    return (int)finish(record, syscall(SYS_symlinkat, target, at, path), place.name, NULL);
}

int symlink(const char *target, const char *path) { return symlinkat(target, AT_FDCWD, path); }

/* ---- contents ---- */

/* A write of any sort: `at` is the offset, or −1 for the file's own position. */
static ssize_t write_at(int fd, const struct iovec *pieces, int number, off_t at) {
    char buffer[PATH_MAX];
    const char *name = place_of(fd, buffer);
    long plain_number = at < 0 ? SYS_writev : SYS_pwritev;
    if (!name) return syscall(plain_number, fd, pieces, number, at, 0L);
    size_t whole = 0;
    for (int i = 0; i < number; i++) whole += pieces[i].iov_len;
    struct record record = {.kind = WRITE};
    record.ino = inode_of(fd, &record.flags);
    enter();
    int error = gate(WRITE, 1, whole > 1);
    if (error > 0) return fail(record, error, name, NULL);
    struct iovec half = number ? pieces[0] : (struct iovec){NULL, 0};
    if (error < 0) {
        half.iov_len = half.iov_len > 1 ? half.iov_len / 2 : half.iov_len;
        pieces = &half, number = 1;
    }
    ssize_t written = syscall(plain_number, fd, pieces, number, at, 0L);
    int known = errno;
    int flags = fcntl(fd, F_GETFL);
    record.offset = at < 0 || (flags & O_APPEND) ? lseek(fd, 0, at < 0 ? SEEK_CUR : SEEK_END) - (written > 0 ? written : 0) : at;
    if (flags & O_DSYNC) record.flags |= DURABLE;
    record.data = written > 0 ? (uint64_t)written : 0;
    record.error = written < 0 ? known : 0;
    note(record, name, NULL, pieces, number);
    if (error == HALF_THEN_KILL) { kill(getpid(), SIGKILL); for (;;) pause(); }
    leave();
    errno = known;
    return written;
}

ssize_t write(int fd, const void *data, size_t size) {
    struct iovec piece = {(void *)data, size};
    return write_at(fd, &piece, 1, -1);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    struct iovec piece = {(void *)data, size};
    return write_at(fd, &piece, 1, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return pwrite(fd, data, size, at); }
ssize_t writev(int fd, const struct iovec *pieces, int number) { return write_at(fd, pieces, number, -1); }
ssize_t pwritev(int fd, const struct iovec *pieces, int number, off_t at) { return write_at(fd, pieces, number, at); }
ssize_t pwritev64(int fd, const struct iovec *pieces, int number, off64_t at) { return write_at(fd, pieces, number, at); }

/* Copies inside the kernel are refused as a kernel may (EINVAL, EXDEV): callers then read and write, which is seen. */
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t size, unsigned flags) {
    char buffer[PATH_MAX];
    if (place_of(to, buffer)) { errno = EXDEV; return -1; }
    return syscall(SYS_copy_file_range, from, from_at, to, to_at, size, flags);
}
ssize_t sendfile(int to, int from, off_t *at, size_t size) {
    char buffer[PATH_MAX];
    if (!place_of(to, buffer)) return syscall(SYS_sendfile, to, from, at, size);
    char *copy = malloc(size < 1 << 20 ? size : 1 << 20);
    if (!copy) return -1;
    ssize_t got = at ? pread(from, copy, size < 1 << 20 ? size : 1 << 20, *at) : read(from, copy, size < 1 << 20 ? size : 1 << 20);
    ssize_t written = got > 0 ? write(to, copy, (size_t)got) : got;
    if (written >= 0 && at) *at += written;
    if (written >= 0 && written < got && !at) lseek(from, written - got, SEEK_CUR);
    free(copy);
    return written;
}
ssize_t sendfile64(int to, int from, off64_t *at, size_t size) { return sendfile(to, from, at, size); }

int ftruncate(int fd, off_t size) {
    char buffer[PATH_MAX];
    const char *name = place_of(fd, buffer);
    if (!name) return (int)syscall(SYS_ftruncate, fd, size);
    struct record record = {.kind = TRUNCATE, .offset = size};
    record.ino = inode_of(fd, &record.flags);
    struct stat file;
    enter();
    int error = gate(TRUNCATE, !fstat(fd, &file) && size > file.st_size, 0);
    if (error > 0) return (int)fail(record, error, name, NULL);
    return (int)finish(record, syscall(SYS_ftruncate, fd, size), name, NULL);
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

int truncate(const char *path, off_t size) {
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return -1;
    int result = ftruncate(fd, size), known = errno;
    syscall(SYS_close, fd);
    errno = known;
    return result;
}
int truncate64(const char *path, off64_t size) { return truncate(path, size); }

int fallocate(int fd, int mode, off_t at, off_t size) {
    char buffer[PATH_MAX];
    const char *name = place_of(fd, buffer);
    if (!name) return (int)syscall(SYS_fallocate, fd, mode, at, size);
    struct record record = {.kind = mode ? OTHER : ALLOCATE, .offset = at + size};
    record.ino = inode_of(fd, &record.flags);
    enter();
    int error = gate(ALLOCATE, 1, 0);
    if (error > 0) return (int)fail(record, error, name, NULL);
    return (int)finish(record, syscall(SYS_fallocate, fd, mode, at, size), name, NULL);
}
int fallocate64(int fd, int mode, off64_t at, off64_t size) { return fallocate(fd, mode, at, size); }
int posix_fallocate(int fd, off_t at, off_t size) { return fallocate(fd, 0, at, size) ? errno : 0; }
int posix_fallocate64(int fd, off64_t at, off64_t size) { return posix_fallocate(fd, at, size); }

/* ---- durability ---- */

static int flush(int fd, int kind, long number) {
    char buffer[PATH_MAX];
    const char *name = place_of(fd, buffer);
    if (!name) return (int)syscall(number, fd);
    struct record record = {.kind = (uint32_t)kind};
    record.ino = inode_of(fd, &record.flags);
    enter();
    int error = gate(kind, 0, 0);
    if (error > 0) return (int)fail(record, error, name, NULL);
    if (control->swallow) {                                             /* the control: said to be durable, and is not */
        record.flags |= SWALLOWED;
        return (int)finish(record, 0, name, NULL);
    }
    return (int)finish(record, syscall(number, fd), name, NULL);
}

int fsync(int fd) { return flush(fd, FSYNC, SYS_fsync); }
int fdatasync(int fd) { return flush(fd, FDATASYNC, SYS_fdatasync); }
int sync_file_range(int fd, off64_t at, off64_t size, unsigned flags) {
    char buffer[PATH_MAX];
    const char *name = place_of(fd, buffer);
    if (!name) return (int)syscall(SYS_sync_file_range, fd, at, size, flags);
    struct record record = {.kind = RANGE};
    record.ino = inode_of(fd, &record.flags);
    enter();
    int error = gate(RANGE, 0, 0);
    if (error > 0) return (int)fail(record, error, name, NULL);
    return (int)finish(record, syscall(SYS_sync_file_range, fd, at, size, flags), name, NULL);
}

int close(int fd) {
    char buffer[PATH_MAX];
    const char *name = place_of(fd, buffer);
    if (!name) return fd == log_file && fd >= 0 ? 0 : (int)syscall(SYS_close, fd);
    struct record record = {.kind = CLOSE};
    record.ino = inode_of(fd, &record.flags);
    enter();
    int error = gate(CLOSE, 0, 0);
    long result = syscall(SYS_close, fd);                               /* an error of close leaves the number closed all the same */
    if (error > 0) return (int)fail(record, error, name, NULL);
    return (int)finish(record, result, name, NULL);
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t at) {
    char buffer[PATH_MAX];
    const char *name = (flags & MAP_SHARED) && (protection & PROT_WRITE) && fd >= 0 ? place_of(fd, buffer) : NULL;
    if (!name) return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, at);
    struct record record = {.kind = MAP};
    record.ino = inode_of(fd, &record.flags);
    enter();
    int error = gate(MAP, 0, 0);
    if (error > 0) { fail(record, error, name, NULL); return MAP_FAILED; }
    return (void *)finish(record, syscall(SYS_mmap, address, size, protection, flags, fd, at), name, NULL);
}
void *mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t at) {
    return mmap(address, size, protection, flags, fd, at);
}
