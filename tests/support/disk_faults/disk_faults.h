/* disk_faults.h: a disk that fills up, fails to sync, or loses what was not synced. libdisk_faults.so stands between a
 * program and libc (linked before it, or by LD_PRELOAD) and acts on regular files under one watched directory only. Its
 * state is one plain structure: the program's own, or, with DISK_FAULTS=FILE in the environment, that file mapped, so
 * that a test in another process (in Python too) can watch and disturb, and can cut the power after a kill.
 *
 * Any thread. A power cut keeps of each file what was there at its last sync; directory entries are not modelled. */
#ifndef SOCLE_DISK_FAULTS_H
#define SOCLE_DISK_FAULTS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { disk_faults_path = 1024, disk_faults_files = 16384 };

struct disk_faults_file { /* device and inode 0: unused */
  uint64_t device;
  uint64_t inode;
  uint64_t synced; /* bytes that a power cut leaves */
};

struct disk_faults {
  char watched[disk_faults_path]; /* an absolute directory; "": nothing is watched */
  uint64_t syncs;                 /* of watched files, that succeeded */
  uint32_t full;                  /* not 0: nothing more can be written */
  uint32_t sync_errno;            /* not 0: what syncing fails with */
  struct disk_faults_file files[disk_faults_files];
};

struct disk_faults* disk_faults_state(void);

/* Forgets everything and watches `directory` from now on; what it holds already counts as synced. */
void disk_faults_watch(const char* directory);

/* Bytes of this file that survive: its size, unless it was written since and not synced. */
uint64_t disk_faults_kept(uint64_t device, uint64_t inode, uint64_t size);

#ifdef __cplusplus
}
#endif
#endif
