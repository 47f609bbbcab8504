/* Loaded before the C library (LD_PRELOAD): a clock that jumps, and a file system that is slow to write
 * or has no locks.
 *
 * FAULT_CLOCK_JUMP=SECONDS  every second reading of the real-time clock is so many seconds off
 * FAULT_SLOW_MICROSECONDS=N every file made, written, renamed or flushed takes so much longer
 * FAULT_NO_LOCKS=ERRNO      every lock of a file is refused with this error
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static long jump(void) {
    static int calls;
    const char *text = getenv("FAULT_CLOCK_JUMP");
    return text && (__sync_fetch_and_add(&calls, 1) & 1) ? atol(text) : 0;
}

static void wait_a_little(void) {
    const char *text = getenv("FAULT_SLOW_MICROSECONDS");
    if (text) {
        struct timespec pause = {0, atol(text) * 1000};
        nanosleep(&pause, NULL);
    }
}

static int is_file(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int code = REAL(clock_gettime)(clock, now);
    if (code == 0 && clock == CLOCK_REALTIME) now->tv_sec += jump();
    return code;
}

time_t time(time_t *now) {
    struct timespec here;
    clock_gettime(CLOCK_REALTIME, &here);
    if (now) *now = here.tv_sec;
    return here.tv_sec;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec here;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &here);
    now->tv_sec = here.tv_sec;
    now->tv_usec = here.tv_nsec / 1000;
    return 0;
}

#define OPENS(name)                                      \
    int name(const char *path, int flags, ...) {         \
        mode_t mode = 0;                                 \
        if (flags & (O_CREAT | O_TMPFILE)) {             \
            va_list more;                                \
            va_start(more, flags);                       \
            mode = va_arg(more, mode_t);                 \
            va_end(more);                                \
        }                                                \
        if (flags & O_CREAT) wait_a_little();            \
        return REAL(name)(path, flags, mode);            \
    }
OPENS(open)
OPENS(open64)

ssize_t write(int descriptor, const void *data, size_t size) {
    if (is_file(descriptor)) wait_a_little();
    return REAL(write)(descriptor, data, size);
}

ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t at) {
    wait_a_little();
    return REAL(pwrite64)(descriptor, data, size, at);
}

int rename(const char *old, const char *new) {
    wait_a_little();
    return REAL(rename)(old, new);
}

int fsync(int descriptor) {
    wait_a_little();
    return REAL(fsync)(descriptor);
}

static int no_locks(void) {
    const char *text = getenv("FAULT_NO_LOCKS");
    if (text) errno = atoi(text);
    return text != NULL;
}

int flock(int descriptor, int operation) {
    return no_locks() ? -1 : REAL(flock)(descriptor, operation);
}

int lockf(int descriptor, int command, off_t size) {
    return no_locks() ? -1 : REAL(lockf)(descriptor, command, size);
}

/* The third argument is a number or a pointer, by the command; both fit a pointer. */
#define CONTROLS(name)                                                                     \
    int name(int descriptor, int command, ...) {                                           \
        va_list more;                                                                      \
        va_start(more, command);                                                           \
        void *argument = va_arg(more, void *);                                             \
        va_end(more);                                                                      \
        if ((command == F_SETLK || command == F_SETLKW) && no_locks()) return -1;          \
        return REAL(name)(descriptor, command, argument);                                  \
    }
CONTROLS(fcntl)
CONTROLS(fcntl64)
