/* confine.c - see confine.h.
 *
 * Landlock is called by system call numbers: glibc has no functions for it, and Debian's headers
 * may be older than the kernel. Each right exists from a certain version of the interface (ABI) on,
 * and a kernel refuses a ruleset with unknown rights.
 */
#include "io/host/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* These numbers are the same on all architectures of Debian. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

#define GET_VERSION  1 /* LANDLOCK_CREATE_RULESET_VERSION */
#define PATH_BENEATH 1 /* LANDLOCK_RULE_PATH_BENEATH */

/* LANDLOCK_ACCESS_FS_*. The rights to read are left out, because reading is not restricted. */
#define EXECUTE     (UINT64_C(1) << 0)
#define WRITE_FILE  (UINT64_C(1) << 1)
#define REMOVE_DIR  (UINT64_C(1) << 4)
#define REMOVE_FILE (UINT64_C(1) << 5)
#define MAKE_CHAR   (UINT64_C(1) << 6)
#define MAKE_DIR    (UINT64_C(1) << 7)
#define MAKE_REG    (UINT64_C(1) << 8)
#define MAKE_SOCK   (UINT64_C(1) << 9)
#define MAKE_FIFO   (UINT64_C(1) << 10)
#define MAKE_BLOCK  (UINT64_C(1) << 11)
#define MAKE_SYM    (UINT64_C(1) << 12)
#define REFER       (UINT64_C(1) << 13) /* rename or link into another directory */
#define TRUNCATE    (UINT64_C(1) << 14)
#define IOCTL_DEV   (UINT64_C(1) << 15)

/* Rights that the process keeps for the files of confine_rules.writable, and for everything below
 * its directories. Renaming a file within a directory needs the rights to make and to remove
 * files. */
#define FILE_RIGHTS      (WRITE_FILE | TRUNCATE)
#define DIRECTORY_RIGHTS (FILE_RIGHTS | REMOVE_FILE | MAKE_REG | MAKE_DIR)

/* LANDLOCK_ACCESS_NET_* and LANDLOCK_SCOPE_*. */
#define TCP_BIND        (UINT64_C(1) << 0)
#define TCP_CONNECT     (UINT64_C(1) << 1)
#define ABSTRACT_SOCKET (UINT64_C(1) << 0)
#define SIGNALS         (UINT64_C(1) << 1)

/* struct landlock_ruleset_attr; the members after the first were added in later ABIs */
struct ruleset {
	uint64_t files;
	uint64_t net;
	uint64_t scoped;
};

/* struct landlock_path_beneath_attr */
struct path_rule {
	uint64_t rights;
	int32_t fd;
} __attribute__((packed));

int confine_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, GET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

/* The rights in the result are denied, except where a landlock rule allows them. *size: the size of
 * the part of the struct that the kernel knows. */
static struct ruleset ruleset_for(int abi, const struct confine_rules *rules, size_t *size)
{
	struct ruleset r = {.files = WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_CHAR | MAKE_DIR |
				     MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_BLOCK | MAKE_SYM};

	*size = sizeof r.files;
	if (!rules->execute)
		r.files |= EXECUTE;
	if (abi >= 2)
		r.files |= REFER;
	if (abi >= 3)
		r.files |= TRUNCATE;
	if (abi >= 4) {
		r.net = TCP_BIND | TCP_CONNECT;
		*size = sizeof r.files + sizeof r.net;
	}
	if (abi >= 5)
		r.files |= IOCTL_DEV;
	if (abi >= 6) {
		r.scoped = ABSTRACT_SOCKET | SIGNALS;
		*size = sizeof r;
	}
	return r;
}

/* Allows writing to `path`, if it exists. False when the landlock rule cannot be added, for example
 * because no descriptor is free. Then confine_self must fail, because later no save would
 * succeed. */
static bool allow_path(int ruleset_fd, const struct ruleset *r, const char *path)
{
	struct path_rule rule = {.fd = open(path, O_PATH | O_CLOEXEC)};
	struct stat st;

	if (rule.fd < 0)
		return errno == ENOENT || errno == ENOTDIR;
	bool done = fstat(rule.fd, &st) == 0;
	if (done) {
		rule.rights = r->files & (S_ISDIR(st.st_mode) ? DIRECTORY_RIGHTS : FILE_RIGHTS);
		done = syscall(SYS_landlock_add_rule, ruleset_fd, PATH_BENEATH, &rule, 0) == 0;
	}
	int saved = errno;
	close(rule.fd);
	errno = saved;
	return done;
}

bool confine_self(const struct confine_rules *rules)
{
	int abi = confine_abi(), fd, saved;
	size_t size;
	bool done = true;

	if (abi == 0)
		return false;
	struct ruleset r = ruleset_for(abi, rules, &size);
	fd = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
	if (fd < 0)
		return false;
	for (size_t i = 0; i < CONFINE_PATHS_MAX && done; i++)
		done = !rules->writable[i] || allow_path(fd, &r, rules->writable[i]);
	done = done && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_landlock_restrict_self, fd, 0) == 0;
	saved = errno;
	close(fd);
	errno = saved;
	return done;
}

const char *confine_refusal(int error)
{
	switch (error) {
	case ENOSYS:
		return "this kernel has no landlock (Linux 5.13 has it)";
	case EOPNOTSUPP:
		return "landlock is not enabled in this kernel (boot parameter lsm=)";
	case EPERM:
	case EACCES:
		return "landlock is forbidden here, for example by a filter of system calls";
	default:
		return strerror(error);
	}
}
