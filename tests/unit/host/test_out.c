/* test_out.c - the queue of events that wait for their reader, if the reader is stalled, slow or
 * gone. */
#include "io/host/out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "io/host/clock.h"
#include "unit/random.h"

#define LINE_MAX_BYTES 4096

/* Writes a line with its class and its number. The rest of the line repeats a letter that depends
 * on the number, so the reader detects a line that is cut, or mixed with another line. Returns the
 * length. */
static size_t make_line(
	char line[LINE_MAX_BYTES], enum out_class class, unsigned number, size_t len)
{
	int head = snprintf(line, LINE_MAX_BYTES, "%c %u ", class == OUT_BAN ? 'b' : 'a', number);

	assert_true(head > 0);
	if (len < (size_t)head + 1)
		len = (size_t)head + 1;
	memset(line + head, 'a' + (int)(number % 26), len - (size_t)head - 1);
	line[len - 1] = '\n';
	return len;
}

/* Checks each line that the reader receives. */
struct reader {
	char text[LINE_MAX_BYTES + 1];
	size_t len; /* of the incomplete line */
	unsigned lines, bans;
	unsigned next; /* the lowest number that the next line may have */
};

static void reader_take_byte(struct reader *r, char c)
{
	char want[LINE_MAX_BYTES];

	assert_true(r->len < LINE_MAX_BYTES);
	r->text[r->len++] = c;
	if (c != '\n')
		return;
	r->text[r->len] = '\0';
	char *end;
	unsigned number = (unsigned)strtoul(r->text + 2, &end, 10);
	enum out_class class = r->text[0] == 'b' ? OUT_BAN : OUT_ALERT;
	assert_int_equal(make_line(want, class, number, r->len), r->len);
	assert_memory_equal(r->text, want, r->len);
	assert_true(number >= r->next);
	r->next = number + 1;
	r->lines++;
	r->bans += class == OUT_BAN;
	r->len = 0;
}

/* Reads at most `most` of the available bytes, without waiting. */
static size_t reader_read(struct reader *r, int fd, size_t most)
{
	char bytes[65536];
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (poll(&p, 1, 0) <= 0)
		return 0;
	ssize_t n = read(fd, bytes, most < sizeof bytes ? most : sizeof bytes);
	for (ssize_t i = 0; i < n; i++)
		reader_take_byte(r, bytes[i]);
	return n > 0 ? (size_t)n : 0;
}

static void read_all(struct reader *r, struct out *o, int fd)
{
	do
		assert_true(out_flush(o));
	while (reader_read(r, fd, 65536) || out_waiting(o));
	assert_int_equal(r->len, 0);
}

static struct out *open_pipe(int fd[2], bool wait)
{
	assert_int_equal(pipe(fd), 0);
	assert_true(fcntl(fd[1], F_SETPIPE_SZ, 4096) >= 4096);
	struct out *o = out_new(fd[1], wait);
	assert_non_null(o);
	return o;
}

static void close_pipe(int fd[2], struct out *o)
{
	out_free(o);
	close(fd[0]);
	close(fd[1]);
}

static void put(struct out *o, enum out_class class, unsigned number, size_t len)
{
	char line[LINE_MAX_BYTES];

	len = make_line(line, class, number, len);
	assert_true(out_put(o, class, line, len));
}

static void line_is_written_immediately_if_the_reader_has_room(void **state)
{
	struct reader r = {.next = 0};
	int fd[2];
	struct out *o = open_pipe(fd, false);

	(void)state;
	put(o, OUT_ALERT, 1, 100);
	assert_false(out_waiting(o));
	assert_int_equal(reader_read(&r, fd[0], 65536), 100);
	assert_int_equal(r.lines, 1);
	close_pipe(fd, o);
}

static void stalled_reader_gets_bans_when_alerts_are_dropped(void **state)
{
	struct reader r = {.next = 0};
	unsigned number = 0, first_dropped = 0, bans_kept;
	int fd[2];
	struct out *o = open_pipe(fd, false);

	(void)state;
	while (out_dropped(o) == 0) {
		first_dropped = number;
		put(o, OUT_ALERT, number++, 256);
	}
	/* alerts fill 3/4 of the queue of 1 MiB; the pipe contains up to 16 lines more */
	assert_in_range(
		first_dropped, OUT_QUEUE_BYTES / 4 * 3 / 256, OUT_QUEUE_BYTES / 4 * 3 / 256 + 16);
	for (bans_kept = 0; out_dropped(o) == 1; bans_kept++)
		put(o, OUT_BAN, number++, 256);
	bans_kept--; /* the last ban was dropped */
	assert_int_equal(bans_kept, OUT_QUEUE_BYTES / 4 / 256);
	put(o, OUT_ALERT, number++, 256);
	assert_int_equal(out_dropped(o), 3);
	read_all(&r, o, fd[0]);
	assert_int_equal(r.lines, number - 3);
	assert_int_equal(r.bans, bans_kept);
	close_pipe(fd, o);
}

/* A caller that checks for room before each line loses no line. */
static void room_is_reported_until_a_line_would_be_dropped(void **state)
{
	struct out *o;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	o = out_new(fd[1], false);
	assert_non_null(o);
	for (unsigned number = 0; out_has_room(o, 500); number++)
		put(o, OUT_BAN, number, 500);
	assert_int_equal(out_dropped(o), 0);
	put(o, OUT_BAN, 0, 500);
	assert_int_equal(out_dropped(o), 1);
	close_pipe(fd, o);
}

static void lines_are_accepted_again_after_a_stall(void **state)
{
	struct reader r = {.next = 0};
	unsigned number = 0;
	int fd[2];
	struct out *o = open_pipe(fd, false);

	(void)state;
	while (out_dropped(o) < 10)
		put(o, OUT_ALERT, number++, 1000);
	read_all(&r, o, fd[0]);
	put(o, OUT_ALERT, number++, 1000);
	put(o, OUT_BAN, number++, 1000);
	read_all(&r, o, fd[0]);
	assert_int_equal(out_dropped(o), 10);
	assert_int_equal(r.lines, number - 10);
	close_pipe(fd, o);
}

static void waiting_lines_are_written_with_the_next_line(void **state)
{
	struct reader r = {.next = 0};
	unsigned number = 0;
	int fd[2];
	struct out *o = open_pipe(fd, false);

	(void)state;
	while (!out_waiting(o))
		put(o, OUT_ALERT, number++, 2000);
	reader_read(&r, fd[0], 65536);
	assert_int_equal(r.lines, number - 1);
	put(o, OUT_ALERT, number++, 100);
	assert_true(reader_read(&r, fd[0], 65536) >= 2000);
	read_all(&r, o, fd[0]);
	assert_int_equal(r.lines, number);
	close_pipe(fd, o);
}

/* Writes and reads at random, until the queue has wrapped around many times. */
static void check_history(struct out *o, int read_fd, struct random *rnd)
{
	struct reader r = {.next = 0};
	unsigned number = 0, bans = 0;

	for (int step = 0; step < 60000; step++) {
		/* in turn, the queue grows, keeps its length, and shrinks */
		unsigned phase = (unsigned)step / 3000 % 3;
		if (random_below(rnd, 3) >= phase) {
			enum out_class class = random_below(rnd, 2) ? OUT_BAN : OUT_ALERT;
			bans += class == OUT_BAN;
			put(o, class, number++, 1 + random_below(rnd, LINE_MAX_BYTES));
		}
		if (random_below(rnd, 3) < phase)
			reader_read(&r, read_fd, 1 + random_below(rnd, 9000));
		if (random_below(rnd, 8) == 0)
			assert_true(out_flush(o));
	}
	read_all(&r, o, read_fd);
	assert_int_equal(r.lines + out_dropped(o), number);
	assert_true(out_dropped(o) > 0);
	assert_true(r.lines > 3 * (OUT_QUEUE_BYTES / LINE_MAX_BYTES));
	/* More than half of the dropped lines are alerts. */
	assert_true(2 * (bans - r.bans) < out_dropped(o));
}

static void order_is_kept_and_all_lines_are_whole(void **state)
{
	struct random rnd = random_new(3);
	int fd[2];
	struct out *o = open_pipe(fd, false);

	(void)state;
	random_note();
	check_history(o, fd[0], &rnd);
	close_pipe(fd, o);
}

static void lines_stay_whole_when_writes_are_partial(void **state)
{
	struct random rnd = random_new(4);
	int fd[2], bytes = 4608;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	assert_int_equal(setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes), 0);
	struct out *o = out_new(fd[1], false);
	assert_non_null(o);
	check_history(o, fd[0], &rnd);
	close_pipe(fd, o);
}

/* On a packet socket, each packet is one write. */
static void each_line_is_one_write(void **state)
{
	struct random rnd = random_new(5);
	unsigned number = 0, got = 0;
	int fd[2];
	char text[2 * LINE_MAX_BYTES], want[LINE_MAX_BYTES];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	struct out *o = out_new(fd[1], false);
	assert_non_null(o);
	while (got < 1500) {
		/* In each round, four lines are put in and three are read. So the number of waiting
		 * lines grows, but they never fill the queue. */
		for (int i = 0; i < 4 && number < 1500; i++)
			put(o, OUT_BAN, number++, 1 + random_below(&rnd, LINE_MAX_BYTES));
		assert_true(out_flush(o));
		for (int i = 0; i < 3 && got < number; i++) {
			ssize_t n = recv(fd[0], text, sizeof text, MSG_DONTWAIT);
			assert_true(n > 0 && n <= LINE_MAX_BYTES);
			make_line(want, OUT_BAN, got++, (size_t)n);
			assert_memory_equal(text, want, (size_t)n);
		}
	}
	assert_true(recv(fd[0], text, sizeof text, MSG_DONTWAIT) < 0);
	assert_false(out_waiting(o));
	assert_int_equal(out_dropped(o), 0);
	close_pipe(fd, o);
}

static void closed_reader_is_reported_as_epipe(void **state)
{
	char line[LINE_MAX_BYTES];
	size_t len = make_line(line, OUT_BAN, 1, 100);
	int fd[2];

	(void)state;
	for (int wait = 0; wait < 2; wait++) {
		struct out *o = open_pipe(fd, wait);
		close(fd[0]);
		errno = 0;
		assert_false(out_put(o, OUT_BAN, line, len));
		assert_int_equal(errno, EPIPE);
		assert_int_equal(out_dropped(o), 0);
		out_free(o);
		close(fd[1]);
	}
}

static void reader_that_leaves_while_lines_wait_is_reported_as_epipe(void **state)
{
	unsigned number = 0;
	int fd[2];
	struct out *o = open_pipe(fd, false);

	(void)state;
	while (!out_waiting(o))
		put(o, OUT_ALERT, number++, 4096);
	close(fd[0]);
	errno = 0;
	assert_false(out_flush(o));
	assert_int_equal(errno, EPIPE);
	errno = 0;
	assert_false(out_drain(o, span_seconds(10)));
	assert_int_equal(errno, EPIPE);
	out_free(o);
	close(fd[1]);
}

static void full_disk_is_reported(void **state)
{
	int fd = open("/dev/full", O_WRONLY);
	struct out *o = out_new(fd, false);

	(void)state;
	assert_true(fd >= 0);
	assert_non_null(o);
	errno = 0;
	assert_false(out_put(o, OUT_BAN, "x\n", 2));
	assert_int_equal(errno, ENOSPC);
	out_free(o);
	close(fd);
}

struct slow_reader {
	int fd;
	struct reader got;
};

static void *read_slowly(void *arg)
{
	struct slow_reader *s = arg;
	struct timespec pause = {0, 200000};
	char bytes[3000];
	ssize_t n;

	while ((n = read(s->fd, bytes, sizeof bytes)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			reader_take_byte(&s->got, bytes[i]);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void check_waiting_loses_nothing(int flags)
{
	struct slow_reader s = {.got = {.next = 0}};
	pthread_t thread;
	unsigned number = 0;
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	s.fd = fd[0];
	assert_int_equal(fcntl(fd[1], F_SETFL, flags), 0);
	struct out *o = out_new(fd[1], true);
	assert_non_null(o);
	assert_int_equal(pthread_create(&thread, NULL, read_slowly, &s), 0);
	while (number < 3000)
		put(o, OUT_ALERT, number++, 1000);
	assert_false(out_waiting(o));
	assert_int_equal(out_dropped(o), 0);
	out_free(o);
	close(fd[1]);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(s.got.lines, number);
	assert_int_equal(s.got.len, 0);
	close(fd[0]);
}

static void replay_waits_for_the_reader_and_loses_nothing(void **state)
{
	(void)state;
	check_waiting_loses_nothing(0);
	check_waiting_loses_nothing(O_NONBLOCK);
}

static void drain_gives_up_after_its_timeout(void **state)
{
	unsigned number = 0;
	int fd[2];
	struct out *o = open_pipe(fd, false);

	(void)state;
	while (!out_waiting(o))
		put(o, OUT_ALERT, number++, 4096);
	int64_t before = clock_monotonic().ms;
	errno = 0;
	assert_false(out_drain(o, (struct span){50}));
	assert_int_equal(errno, ETIMEDOUT);
	assert_in_range(clock_monotonic().ms - before, 50, 5000);
	assert_true(out_waiting(o));
	close_pipe(fd, o);
}

static void drain_writes_all_waiting_lines(void **state)
{
	struct slow_reader s = {.got = {.next = 0}};
	pthread_t thread;
	unsigned number = 0;
	int fd[2];
	struct out *o = open_pipe(fd, false);

	(void)state;
	while (number < 300)
		put(o, OUT_BAN, number++, 1000);
	assert_true(out_waiting(o));
	s.fd = fd[0];
	assert_int_equal(pthread_create(&thread, NULL, read_slowly, &s), 0);
	assert_true(out_drain(o, span_seconds(30)));
	assert_false(out_waiting(o));
	close(fd[1]);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(s.got.lines, number);
	out_free(o);
	close(fd[0]);
}

static void flags_of_the_descriptor_are_not_changed(void **state)
{
	int fd[2];
	struct out *o = open_pipe(fd, false);
	int before = fcntl(fd[1], F_GETFL);

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		put(o, OUT_BAN, i, 4096);
	assert_int_equal(fcntl(fd[1], F_GETFL), before);
	close_pipe(fd, o);
}

static void line_over_the_limit_is_dropped_and_counted(void **state)
{
	static char line[LINE_MAX_BYTES + 1];
	struct reader r = {.next = 0};
	int fd[2];
	struct out *o = open_pipe(fd, false);

	(void)state;
	make_line(line, OUT_BAN, 0, LINE_MAX_BYTES);
	assert_true(out_put(o, OUT_BAN, line, LINE_MAX_BYTES));
	assert_int_equal(reader_read(&r, fd[0], 65536), LINE_MAX_BYTES);
	assert_true(out_put(o, OUT_BAN, line, LINE_MAX_BYTES + 1));
	assert_int_equal(reader_read(&r, fd[0], 65536), 0);
	assert_int_equal(out_dropped(o), 1);
	close_pipe(fd, o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_is_written_immediately_if_the_reader_has_room),
		cmocka_unit_test(stalled_reader_gets_bans_when_alerts_are_dropped),
		cmocka_unit_test(room_is_reported_until_a_line_would_be_dropped),
		cmocka_unit_test(lines_are_accepted_again_after_a_stall),
		cmocka_unit_test(waiting_lines_are_written_with_the_next_line),
		cmocka_unit_test(order_is_kept_and_all_lines_are_whole),
		cmocka_unit_test(lines_stay_whole_when_writes_are_partial),
		cmocka_unit_test(each_line_is_one_write),
		cmocka_unit_test(closed_reader_is_reported_as_epipe),
		cmocka_unit_test(reader_that_leaves_while_lines_wait_is_reported_as_epipe),
		cmocka_unit_test(full_disk_is_reported),
		cmocka_unit_test(replay_waits_for_the_reader_and_loses_nothing),
		cmocka_unit_test(drain_gives_up_after_its_timeout),
		cmocka_unit_test(drain_writes_all_waiting_lines),
		cmocka_unit_test(flags_of_the_descriptor_are_not_changed),
		cmocka_unit_test(line_over_the_limit_is_dropped_and_counted),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
