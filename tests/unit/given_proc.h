/* given_proc.h - a small fake /proc and /run/systemd/sessions, for tests of code that searches for
 * SSH sessions. Include it after cmocka.h. */
#ifndef UNIT_GIVEN_PROC_H
#define UNIT_GIVEN_PROC_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/host/ssh_sessions.h"

static char proc_directory[64], logind_directory[96];
__attribute__((unused)) static struct ssh_places given_places = {
	proc_directory, logind_directory, {3600 * 1000}};

static inline int remove_entry(const char *path, const struct stat *s, int type, struct FTW *f)
{
	(void)s, (void)type, (void)f;
	return remove(path);
}

/* Makes a directory accessible again. A test may have hidden its files, and a user other than root
 * could not remove them. */
static inline int open_entry(const char *path, const struct stat *s, int type, struct FTW *f)
{
	(void)s, (void)f;
	return type == FTW_D ? chmod(path, 0700) : 0;
}

static inline int remove_proc(void **state)
{
	(void)state;
	if (nftw(proc_directory, open_entry, 8, FTW_PHYS) != 0)
		return -1;
	return nftw(proc_directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void put_text(const char *name, const char *text, size_t len)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", proc_directory, name);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

#define TCP_HEAD                                                                                   \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"

static inline void make_directory_of(const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", proc_directory, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* A /proc with only process 1 and without connections. logind is absent. */
static inline int make_proc(void **state)
{
	(void)state;
	strcpy(proc_directory, "/tmp/given-proc.XXXXXX");
	umask(022); /* readable for other users, as the real /proc */
	if (!mkdtemp(proc_directory))
		return -1;
	snprintf(logind_directory, sizeof logind_directory, "%s/sessions", proc_directory);
	make_directory_of("1");
	put_text("1/comm", "systemd\n", 8);
	make_directory_of("net");
	put_text("net/tcp", TCP_HEAD, strlen(TCP_HEAD));
	put_text("net/tcp6", TCP_HEAD, strlen(TCP_HEAD));
	return 0;
}

static inline void add_text(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", proc_directory, name);
	FILE *f = fopen(path, "ae");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Adds a socket with the addresses as the kernel writes them. State "A": listening, "1":
 * established. */
static inline void add_row(
	const char *local, unsigned port, const char *remote, const char *state, unsigned inode)
{
	char row[256];

	snprintf(row, sizeof row,
		"   0: %s:%04X %s:D002 0%s 00000000:00000000 02:000AFBAD 00000000     0        0 "
		"%u 2 0000000000000000 20 4 20 18 -1\n",
		local, port, remote, state, inode);
	add_text(strlen(local) == 8 ? "net/tcp" : "net/tcp6", row);
}

#define SERVER4 "0100007F"
#define SERVER6 "00000000000000000000000001000000"

/* Adds an established connection from 203.0.113.N or 2001:db8::N to the port. */
static inline void add_connection4(unsigned port, unsigned n, unsigned inode)
{
	uint8_t bytes[4] = {203, 0, 113, (uint8_t)n};
	char remote[9];
	uint32_t word;

	memcpy(&word, bytes, 4);
	snprintf(remote, sizeof remote, "%08X", word);
	add_row(SERVER4, port, remote, "1", inode);
}

static inline void add_connection6(unsigned port, unsigned n, unsigned inode)
{
	uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = (uint8_t)n};
	char remote[33];

	for (size_t i = 0; i < 4; i++) {
		uint32_t word;
		memcpy(&word, bytes + 4 * i, 4);
		snprintf(remote + 8 * i, 9, "%08X", word);
	}
	add_row(SERVER6, port, remote, "1", inode);
}

struct given_process {
	int pid, parent;
	unsigned uid, locks;
	const char *title;
	unsigned sockets[20]; /* ends with 0 */
};

static inline void set_program(int pid, const char *exe)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%d/exe", proc_directory, pid);
	(void)unlink(path);
	assert_int_equal(symlink(exe, path), 0);
}

/* Adds a process. Its program is "/usr/sbin/" and the part of its title before the colon. */
static inline void add_process(const struct given_process *p)
{
	char name[64], text[512], target[64], path[256];

	snprintf(name, sizeof name, "%d", p->pid);
	make_directory_of(name);
	snprintf(name, sizeof name, "%d/comm", p->pid);
	snprintf(text, sizeof text, "%.*s\n", (int)strcspn(p->title, ":"),
		strstr(p->title, "sshd") ? p->title : "nginx");
	put_text(name, text, strlen(text));
	text[strlen(text) - 1] = '\0';
	snprintf(path, sizeof path, "/usr/sbin/%.64s", text);
	set_program(p->pid, path);
	snprintf(name, sizeof name, "%d/cmdline", p->pid);
	put_text(name, p->title, strlen(p->title) + 1);
	snprintf(name, sizeof name, "%d/status", p->pid);
	snprintf(text, sizeof text,
		"Name:\tsshd\nState:\tS (sleeping)\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\n"
		"Uid:\t%u\t%u\t%u\t%u\nGid:\t0\t0\t0\t0\nSeccomp:\t%u\nSeccomp_filters:\t%u\n",
		p->pid, p->pid, p->parent, p->uid, p->uid, p->uid, p->uid, p->locks ? 2u : 0u,
		p->locks);
	put_text(name, text, strlen(text));
	snprintf(name, sizeof name, "%d/fd", p->pid);
	make_directory_of(name);
	for (int i = 0; p->sockets[i]; i++) {
		snprintf(target, sizeof target, "socket:[%u]", p->sockets[i]);
		snprintf(path, sizeof path, "%s/%d/fd/%d", proc_directory, p->pid, 3 + i);
		assert_int_equal(symlink(target, path), 0);
	}
}

static inline void make_readable(const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", proc_directory, name);
	assert_int_equal(chmod(path, 0755), 0);
}

/* After become_other, the kernel enforces the modes of the directories. For root it would ignore
 * them. */
#define OTHER_USER 65534
static inline void become_other(void)
{
	if (geteuid() != 0)
		return;
	make_readable("");
	assert_int_equal(seteuid(OTHER_USER), 0);
}

static inline void become_oneself(void)
{
	assert_int_equal(seteuid(getuid()), 0);
}

/* Makes the descriptors of a process listable, but not readable. */
static inline void hide_sockets(int pid)
{
	char path[256], name[32];

	snprintf(name, sizeof name, "%d", pid);
	make_readable(name);
	snprintf(path, sizeof path, "%s/%d/fd", proc_directory, pid);
	assert_int_equal(chmod(path, 0444), 0);
}

static inline void end_process(int pid)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%d", proc_directory, pid);
	assert_int_equal(nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void end_connections(void)
{
	put_text("net/tcp", TCP_HEAD, strlen(TCP_HEAD));
	put_text("net/tcp6", TCP_HEAD, strlen(TCP_HEAD));
}

static inline void add_session(const char *id, const char *text)
{
	char name[64];

	mkdir(logind_directory, 0700);
	snprintf(name, sizeof name, "sessions/%s", id);
	put_text(name, text, strlen(text));
}

#endif
