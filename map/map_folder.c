/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map_failpoint.h"
#include "map_folder.h"

/* 0: no data file's name. */
static uint64_t
folder_generation(const char *name)
{
	uint64_t n;
	char *end;

	if (strncmp(name, "data.", 5) != 0 || name[5] < '1' || name[5] > '9')
		return (0);
	errno = 0;
	n = strtoull(name + 5, &end, 10);
	return (*end == '\0' && errno == 0 ? n : 0);
}

/* Calls for every data file; with *keep* UINT64_MAX only looks. */
static void
folder_scan(const struct map_folder *f, uint64_t keep, uint64_t *top)
{
	struct dirent *e;
	uint64_t n;
	DIR *d;
	int fd;

	fd = openat(f->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		n = folder_generation(e->d_name);
		if (n == 0)
			continue;
		if (top != NULL && n > *top)
			*top = n;
		if (keep != UINT64_MAX && n != keep)
			(void)unlinkat(f->dirfd, e->d_name, 0);
	}
	(void)closedir(d);
}

void
map_folder_clean(const struct map_folder *f, uint64_t keep)
{

	folder_scan(f, keep, NULL);
}

/* A lock on a file that was removed meanwhile locks nobody out. */
static int
folder_lock(struct map_folder *f)
{
	struct stat a, b;

	f->lock_fd = openat(f->dirfd, "lock", O_RDWR | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW, 0644);
	if (f->lock_fd < 0)
		return (errno);
	if (flock(f->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return (errno == EWOULDBLOCK ? EBUSY : errno);
	if (fstat(f->lock_fd, &a) != 0 ||
	    fstatat(f->dirfd, "lock", &b, AT_SYMLINK_NOFOLLOW) != 0 ||
	    a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return (EBUSY);
	return (0);
}

int
map_folder_enter(struct map_folder *f, const char *dir)
{
	bool made;
	int rc;

	f->lock_fd = -1;
	f->dirfd = -1;
	made = mkdir(dir, 0755) == 0;
	if (!made && errno != EEXIST)
		return (errno);
	f->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dirfd < 0)
		return (errno);
	if (made && fchmod(f->dirfd, 0755) != 0)
		return (errno);
	rc = folder_lock(f);
	if (rc == 0)
		folder_scan(f, UINT64_MAX, &f->top);
	return (rc);
}

static struct map_control *
folder_map(int fd, struct map_folder *f)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size != MAP_PAGE || st.st_blocks == 0)
		return (NULL);
	p = mmap(NULL, MAP_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return (NULL);
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	return (p);
}

bool
map_folder_adopt(struct map_folder *f)
{
	struct map_control *c;
	uint64_t g;
	int fd;

	fd = openat(f->dirfd, "control", O_RDWR | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK);
	if (fd < 0)
		return (false);
	c = folder_map(fd, f);
	(void)close(fd);
	if (c == NULL)
		return (false);
	g = atomic_load(&c->generation);
	/* A number out of this world would leave none to go on with. */
	if (g > f->top && g < UINT64_MAX / 2)
		f->top = g;
	if (map_control_judge(c) == MAP_BECAUSE_NONE &&
	    memcmp(c->store_id, f->ids.store_id, MAP_STORE_ID_LEN) == 0) {
		f->control = c;
		f->turn = atomic_load(&c->turn);
		f->ids.folder_id = c->folder_id;
		return (true);
	}
	if (memcmp(c->magic, MAP_CONTROL_MAGIC, sizeof c->magic) == 0)
		f->replaced = c;
	else
		(void)munmap(c, MAP_PAGE);
	return (false);
}

static int
folder_fill(struct map_folder *f, int fd, uint64_t folder_id)
{
	struct map_control *c;
	int rc;

	if (fchmod(fd, 0644) != 0)
		return (errno);
	rc = posix_fallocate(fd, 0, MAP_PAGE);
	if (rc != 0)
		return (rc);
	c = folder_map(fd, f);
	if (c == NULL)
		return (ENOMEM);
	memcpy(c->magic, MAP_CONTROL_MAGIC, sizeof c->magic);
	c->version = MAP_VERSION;
	memcpy(c->store_id, f->ids.store_id, MAP_STORE_ID_LEN);
	c->folder_id = folder_id;
	atomic_store(&c->settings, f->settings);
	atomic_store(&c->turn, f->turn);
	c->sum = map_control_sum(c);
	MAP_FAILPOINT("control-filled");
	if (renameat(f->dirfd, "control.new", f->dirfd, "control") != 0) {
		rc = errno;
		(void)munmap(c, MAP_PAGE);
		return (rc);
	}
	MAP_FAILPOINT("control-renamed");
	f->control = c;
	f->ids.folder_id = folder_id;
	return (0);
}

int
map_folder_control(struct map_folder *f, uint64_t folder_id)
{
	int fd, rc;

	(void)unlinkat(f->dirfd, "control.new", 0);
	fd = openat(f->dirfd, "control.new", O_RDWR | O_CREAT | O_EXCL |
	    O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return (errno);
	rc = folder_fill(f, fd, folder_id);
	(void)close(fd);
	if (rc != 0)
		(void)unlinkat(f->dirfd, "control.new", 0);
	return (rc);
}

void
map_folder_supersede(struct map_control *c)
{

	if (c == NULL)
		return;
	atomic_store(&c->superseded, 1);
	MAP_FAILPOINT("supersede");
	atomic_store(&c->generation, 0);
	(void)munmap(c, MAP_PAGE);
}

bool
map_folder_ours(const struct map_folder *f, const char *dir)
{
	struct stat st;
	char path[4096];

	if (snprintf(path, sizeof path, "%s/control", dir) >=
	    (int)sizeof path)
		return (false);
	return (stat(path, &st) == 0 && st.st_dev == f->dev &&
	    st.st_ino == f->ino);
}

void
map_folder_leave(struct map_folder *f)
{

	if (f->control != NULL)
		(void)munmap(f->control, MAP_PAGE);
	if (f->replaced != NULL)
		(void)munmap(f->replaced, MAP_PAGE);
	if (f->lock_fd >= 0)
		(void)close(f->lock_fd);
	if (f->dirfd >= 0)
		(void)close(f->dirfd);
	f->control = f->replaced = NULL;
	f->lock_fd = f->dirfd = -1;
}
