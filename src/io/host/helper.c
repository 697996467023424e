/* helper.c - see helper.h.
 *
 * Helpers are forked without an exec. Their work is a few functions that the program contains
 * anyway. A separate program would have to be found, trusted and given its task. The socket carries
 * sequenced packets: a question or an answer arrives whole or not at all.
 *
 * The program cannot make a new helper later: by then it has given up the rights that the helper
 * needs. A fork would also inherit the program's confinement (io/host/confine.h), which forbids
 * executing programs. So the two processes of a helper, the supervisor and the worker (see
 * helper.h), replace each other.
 *
 * Two mechanisms end the supervisor together with the program. The first is the death signal
 * (PR_SET_PDEATHSIG). But the kernel sends this signal with the parent's rights, so it does not
 * arrive if the parent has changed its user. The second is the end of file on the socket, which
 * always arrives. The worker detects it between two questions and exits with 0, and then the
 * supervisor exits, too.
 */
#include "io/host/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io/host/confine.h"
#include "io/host/privileges.h"

#define SOCKET      3 /* the helper's end of the socket, in supervisor and worker */
#define REPLACED    1 /* length in bytes of the message that reports a new process */
#define END_WAIT_MS 200
/* Pause between the end of one process and the start of the next: workers that always end
 * immediately must not keep the machine busy. */
#define PAUSE_S 1
/* The kernel sends this signal to the worker when its supervisor has ended. */
#define SUPERVISOR_GONE SIGUSR1

struct helper {
	const struct helper_kind *kind;
	const void *ctx;
	int fd;    /* -1: the helper is gone */
	pid_t pid; /* of the first supervisor, until it is reaped; 0: none */
	bool asked;
	uint32_t asked_n; /* number of questions so far, which is also the last question's number */
	/* messages: each is a number, then the question or its answer */
	char *question, *answer;
	size_t question_len, answer_len;
};

/* A message begins with its number; the data after it are aligned for any type. */
#define NUMBER sizeof(uint32_t)
#define HEAD   _Alignof(max_align_t)

/* ---- the processes ---- */

/* Closes all descriptors except the process's socket. This is the process's first action: some
 * descriptors, such as the descriptor of a lock, must not stay open after the program's end. */
static bool child_keep_only(int fd)
{
	int null;

	if (fd != SOCKET && dup2(fd, SOCKET) < 0)
		return false;
	closefrom(SOCKET + 1);
	null = open("/dev/null", O_RDWR);
	for (int i = 0; i < SOCKET; i++) {
		if (null < 0 || dup2(null, i) < 0)
			return false;
	}
	return close(null) == 0 && chdir("/") == 0;
}

static void ignore_signal(int number)
{
	(void)number; /* the signal only ends a wait */
}

static void child_set_signals(void)
{
	struct sigaction ignored = {.sa_handler = SIG_IGN}, usual = {.sa_handler = SIG_DFL};
	struct sigaction seen = {.sa_handler = ignore_signal};
	static const int left_alone[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};
	sigset_t blocked;

	sigemptyset(&ignored.sa_mask);
	sigemptyset(&usual.sa_mask);
	sigemptyset(&seen.sa_mask);
	for (size_t i = 0; i < sizeof left_alone / sizeof *left_alone; i++)
		sigaction(left_alone[i], &ignored, NULL);
	sigaction(SIGCHLD, &usual, NULL);
	sigaction(SUPERVISOR_GONE, &seen, NULL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SUPERVISOR_GONE); /* blocked except during the worker's wait */
	sigprocmask(SIG_SETMASK, &blocked, NULL);
}

/* Drops rights that the work does not need. On a kernel without landlock, the helper works without
 * confinement. */
static bool child_give_up(const struct helper_kind *kind)
{
	static const struct confine_rules rules = {.execute = true, .writable = {"/dev/null"}};

	if (!privileges_limit(kind->capabilities))
		return false;
	if (kind->writes_nothing)
		(void)confine_self(&rules);
	return true;
}

/* Waits for a question. False when the supervisor has ended. When the program ends, this process
 * exits. */
static bool wait_for_question(struct helper *h, pid_t supervisor)
{
	struct pollfd in = {.fd = SOCKET, .events = POLLIN};
	sigset_t none;

	sigemptyset(&none);
	for (;;) {
		ssize_t n = recv(SOCKET, h->question, h->question_len, MSG_DONTWAIT);
		if (n == (ssize_t)h->question_len)
			return true;
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			_exit(0);
		if (getppid() != supervisor)
			return false;
		(void)ppoll(&in, 1, NULL, &none);
	}
}

/* Runs the worker until its supervisor ends. */
static void serve_questions(struct helper *h, pid_t supervisor)
{
	if (prctl(PR_SET_PDEATHSIG, SUPERVISOR_GONE) < 0)
		_exit(1);
	while (wait_for_question(h, supervisor)) {
		memset(h->answer, 0, h->answer_len);
		memcpy(h->answer, h->question, NUMBER);
		h->kind->work(h->ctx, h->question + HEAD, h->answer + HEAD);
		if (send(SOCKET, h->answer, h->answer_len, MSG_NOSIGNAL) < 0)
			_exit(0);
	}
}

/* Runs the supervisor until its worker ends. The worker exits with 0 when the program ends. */
static void wait_for_end(pid_t worker)
{
	int status;

	while (waitpid(worker, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		_exit(0);
}

/* Each round forks a new worker. When one of the two processes ends, the other begins the next
 * round as the supervisor. */
__attribute__((noreturn)) static void child_run_pair(struct helper *h)
{
	static const char replaced[REPLACED] = {0};
	struct timespec pause = {.tv_sec = PAUSE_S};

	for (;;) {
		pid_t supervisor = getpid(), worker = fork();
		if (worker < 0)
			_exit(1);
		if (worker == 0)
			serve_questions(h, supervisor);
		else
			wait_for_end(worker);
		nanosleep(&pause, NULL);
		if (send(SOCKET, replaced, sizeof replaced, MSG_NOSIGNAL) < 0)
			_exit(0);
	}
}

__attribute__((noreturn)) static void child_main(struct helper *h, int fd, pid_t parent)
{
	if (!child_keep_only(fd))
		_exit(1);
	child_set_signals();
	prctl(PR_SET_NAME, h->kind->name);
	/* No death signal arrives if the parent died before this call, so the parent is checked. */
	if (!child_give_up(h->kind) || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	child_run_pair(h);
}

/* ---- the program ---- */

/* Makes the first supervisor, and the socket between it and the program. */
static bool start_process(struct helper *h)
{
	pid_t parent = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return false;
	h->fd = fds[0];
	h->pid = fcntl(h->fd, F_SETFL, O_NONBLOCK) < 0 ? -1 : fork();
	if (h->pid == 0)
		child_main(h, fds[1], parent);
	int saved = errno;
	close(fds[1]);
	if (h->pid > 0)
		return true;
	close(h->fd);
	errno = saved;
	return false;
}

static void free_memory(struct helper *h)
{
	int saved = errno;

	if (h) {
		free(h->question);
		free(h->answer);
	}
	free(h);
	errno = saved;
}

struct helper *helper_new(const struct helper_kind *kind, const void *ctx)
{
	struct helper *h = malloc(sizeof *h);

	if (!h)
		return NULL;
	*h = (struct helper){.kind = kind,
		.ctx = ctx,
		.fd = -1,
		.question_len = HEAD + kind->question_bytes,
		.answer_len = HEAD + kind->answer_bytes};
	h->question = calloc(1, h->question_len);
	h->answer = calloc(1, h->answer_len);
	if (h->question && h->answer && start_process(h))
		return h;
	free_memory(h);
	return NULL;
}

/* Reaps the first supervisor, if it has ended. */
static void reap_process(struct helper *h)
{
	if (h->pid > 0 && waitpid(h->pid, NULL, WNOHANG) == h->pid)
		h->pid = 0;
}

/* Closes the program's end of the socket, which ends a helper that still runs. */
static void forget_process(struct helper *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
	reap_process(h);
}

bool helper_ask(struct helper *h, const void *question)
{
	ssize_t n;

	if (h->fd < 0 || h->asked)
		return false;
	h->asked_n++;
	memcpy(h->question, &h->asked_n, NUMBER);
	memcpy(h->question + HEAD, question, h->kind->question_bytes);
	do
		n = send(h->fd, h->question, h->question_len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	h->asked = n == (ssize_t)h->question_len;
	return h->asked;
}

/* Reads the next message, and skips answers to earlier questions. Such an answer may still arrive
 * after a process was replaced. */
static ssize_t receive_message(struct helper *h)
{
	ssize_t n;

	do
		n = recv(h->fd, h->answer, h->answer_len, 0);
	while ((n < 0 && errno == EINTR) ||
		(n == (ssize_t)h->answer_len && memcmp(h->answer, &h->asked_n, NUMBER) != 0));
	return n;
}

enum helper_result helper_answer(struct helper *h, void *answer)
{
	ssize_t n;

	if (h->fd < 0) {
		reap_process(h);
		return HELPER_GONE;
	}
	n = receive_message(h);
	if (n < 0 && errno == EAGAIN)
		return HELPER_WAITING;
	h->asked = false;
	if (n == (ssize_t)h->answer_len) {
		memcpy(answer, h->answer + HEAD, h->kind->answer_bytes);
		return HELPER_OK;
	}
	reap_process(h);
	if (n == REPLACED)
		return HELPER_REPLACED;
	forget_process(h);
	return HELPER_GONE;
}

void helper_free(struct helper *h)
{
	if (!h)
		return;
	if (h->fd >= 0) {
		/* No events are requested: POLLHUP arrives when all processes of the helper have
		 * exited, which closes their end of the socket. */
		struct pollfd hung_up = {.fd = h->fd};
		shutdown(h->fd, SHUT_WR);
		if (poll(&hung_up, 1, END_WAIT_MS) > 0 && h->pid > 0) {
			waitpid(h->pid, NULL, 0);
			h->pid = 0;
		}
	}
	forget_process(h);
	free_memory(h);
}
