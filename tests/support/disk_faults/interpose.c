/* interpose.c: libc's calls that write and sync, as disk_faults.h describes. The table of files is a hash table with
 * linear probing that never forgets; a number used again is noticed because the new file is shorter. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "disk_faults.h"

static struct disk_faults own;
static struct disk_faults* state = &own;
static pthread_once_t begun = PTHREAD_ONCE_INIT;
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;

static void begin(void) {
  const char* const path = getenv("DISK_FAULTS");
  if (path == NULL) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  void* const mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) {
    fprintf(stderr, "disk_faults: cannot map DISK_FAULTS=%s\n", path);
    abort();
  }
  close(fd);
  state = mapped;
}

struct disk_faults* disk_faults_state(void) {
  pthread_once(&begun, begin);
  return state;
}

void disk_faults_watch(const char* directory) {
  struct disk_faults* const s = disk_faults_state();
  pthread_mutex_lock(&table);
  memset(s, 0, sizeof *s);
  snprintf(s->watched, sizeof s->watched, "%s", directory);
  pthread_mutex_unlock(&table);
}

/* The file's entry, or the free one where it belongs. Under `table`. */
static struct disk_faults_file* slot(uint64_t device, uint64_t inode) {
  struct disk_faults* const s = disk_faults_state();
  for (uint64_t i = 0; i < disk_faults_files; ++i) {
    struct disk_faults_file* const file = &s->files[(inode + i) % disk_faults_files];
    if (file->inode == 0 || (file->inode == inode && file->device == device)) return file;
  }
  fprintf(stderr, "disk_faults: more than %d files were written\n", disk_faults_files);
  abort();
}

uint64_t disk_faults_kept(uint64_t device, uint64_t inode, uint64_t size) {
  pthread_mutex_lock(&table);
  const struct disk_faults_file* const file = slot(device, inode);
  const uint64_t kept = file->inode != 0 && file->synced < size ? file->synced : size;
  pthread_mutex_unlock(&table);
  return kept;
}

static int under_watch(const char* path) {
  const char* const watched = disk_faults_state()->watched;
  const size_t size = strlen(watched);
  return size != 0 && strncmp(path, watched, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

static int is_watched(int fd, struct stat* status) {
  if (disk_faults_state()->watched[0] == '\0' || fstat(fd, status) != 0 || !S_ISREG(status->st_mode)) return 0;
  char link[64], path[disk_faults_path];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = '\0';
  return under_watch(path);
}

static int is_full(void) { return __atomic_load_n(&disk_faults_state()->full, __ATOMIC_RELAXED) != 0; }

/* Whether the write may go on; what the file held before is remembered as synced when it is met for the first time. */
static int may_write(int fd) {
  const int before = errno;
  struct stat status;
  if (!is_watched(fd, &status)) {
    errno = before;
    return 1;
  }
  if (is_full()) {
    errno = ENOSPC;
    return 0;
  }
  pthread_mutex_lock(&table);
  struct disk_faults_file* const file = slot(status.st_dev, status.st_ino);
  if (file->inode == 0 || (uint64_t)status.st_size < file->synced) file->synced = (uint64_t)status.st_size;
  file->device = status.st_dev;
  file->inode = status.st_ino;
  pthread_mutex_unlock(&table);
  errno = before;
  return 1;
}

#define NEXT(name) (__extension__(__typeof__(&(name))) dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void* data, size_t size) { return may_write(fd) ? NEXT(write)(fd, data, size) : -1; }

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  return may_write(fd) ? NEXT(pwrite)(fd, data, size, at) : -1;
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  return may_write(fd) ? NEXT(writev)(fd, parts, count) : -1;
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
  return may_write(fd) ? NEXT(fallocate)(fd, mode, offset, length) : -1;
}

int statvfs(const char* path, struct statvfs* out) {
  const int result = NEXT(statvfs)(path, out);
  if (result == 0 && is_full() && under_watch(path)) out->f_bfree = out->f_bavail = 0;
  return result;
}

static int sync_with(int (*real)(int), int fd) {
  struct stat status;
  if (!is_watched(fd, &status)) return real(fd);
  const uint32_t error = __atomic_load_n(&disk_faults_state()->sync_errno, __ATOMIC_RELAXED);
  if (error != 0) {
    errno = (int)error;
    return -1;
  }
  if (real(fd) != 0) return -1;
  pthread_mutex_lock(&table);
  struct disk_faults_file* const file = slot(status.st_dev, status.st_ino);
  if (file->inode != 0) file->synced = (uint64_t)status.st_size;
  pthread_mutex_unlock(&table);
  __atomic_add_fetch(&disk_faults_state()->syncs, 1, __ATOMIC_RELAXED);
  return 0;
}

int fsync(int fd) { return sync_with(NEXT(fsync), fd); }
int fdatasync(int fd) { return sync_with(NEXT(fdatasync), fd); }
