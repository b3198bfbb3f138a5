// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A log file in another user's directory, who puts traps there: after each system
 * call that names something of it, and at random. What is elsewhere stays as it
 * was, and nothing waits for ever.
 *
 * Linked so that openat(), fstatat(), renameat(), renameat2(), unlinkat() and
 * readlinkat() come by here.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "file/logfile.h"
#include "file/rotate.h"
#include "tap.h"

#define OTHER 65534
#define LIMIT 65536
#define STOPS_MAX 200

static char base[] = "/tmp/tcc-traps.XXXXXX";
static char directory[64], moved[64], precious[64], path[128], file_1[160], victim[80], fifo[80];
static int fifo_reader;

/* --- the stop after a call ---------------------------------------------------------- */

static void (*attack)(void);
static int calls, stop_at;	/* after so many calls; 0: before the first */

static void called(void)
{
	if (attack && ++calls == stop_at)
		attack();
}

int __real_openat(int dir, const char *name, int flags, ...);
int __wrap_openat(int dir, const char *name, int flags, ...);
int __wrap_openat(int dir, const char *name, int flags, ...)
{
	va_list arguments;
	int result, err;

	va_start(arguments, flags);
	result = __real_openat(dir, name, flags, flags & O_CREAT ? va_arg(arguments, mode_t) : 0);
	va_end(arguments);
	err = errno;
	called();
	errno = err;
	return result;
}

#define WRAP(call, parameters, arguments)		\
	int __real_##call parameters;			\
	int __wrap_##call parameters;			\
	int __wrap_##call parameters			\
	{						\
		int result = __real_##call arguments;	\
		int err = errno;			\
							\
		called();				\
		errno = err;				\
		return result;				\
	}

WRAP(fstatat, (int dir, const char *name, struct stat *st, int flags), (dir, name, st, flags))
WRAP(renameat, (int from_dir, const char *from, int to_dir, const char *to),
     (from_dir, from, to_dir, to))
WRAP(renameat2, (int from_dir, const char *from, int to_dir, const char *to, unsigned int flags),
     (from_dir, from, to_dir, to, flags))
WRAP(unlinkat, (int dir, const char *name, int flags), (dir, name, flags))

ssize_t __real_readlinkat(int dir, const char *name, char *target, size_t size);
ssize_t __wrap_readlinkat(int dir, const char *name, char *target, size_t size);
ssize_t __wrap_readlinkat(int dir, const char *name, char *target, size_t size)
{
	ssize_t result = __real_readlinkat(dir, name, target, size);
	int err = errno;

	called();
	errno = err;
	return result;
}

/* --- the traps ------------------------------------------------------------------------ */

static void plant_link(const char *target, const char *name)
{
	unlink(name);
	if (symlink(target, name) || lchown(name, OTHER, OTHER))
		return;		/* at random it is moved away just now */
}

static void link_to_file(void)
{
	plant_link(victim, path);
}

static void link_to_fifo(void)
{
	plant_link(fifo, path);
}

static void link_to_device(void)
{
	plant_link("/dev/null", path);
}

static void link_to_new_file(void)
{
	char name[80];

	snprintf(name, sizeof(name), "%s/new", precious);
	plant_link(name, path);
}

static void second_name_of_file(void)
{
	unlink(path);
	if (link(victim, path))
		return;
}

static void fifo_for_file(void)
{
	unlink(path);
	if (mkfifo(path, 0666) || chown(path, OTHER, OTHER))
		return;
}

static void directory_for_file(void)
{
	unlink(path);
	mkdir(path, 0755);
}

static void link_for_directory(void)
{
	rename(directory, moved);
	plant_link(precious, directory);
}

static void directory_for_directory(void)
{
	rename(directory, moved);
	mkdir(directory, 0777);
	plant_link(victim, path);
}

static void link_for_rotated(void)
{
	plant_link(victim, file_1);
}

static void directory_for_rotated(void)
{
	unlink(file_1);
	mkdir(file_1, 0755);
}

static void nothing_for_file(void)
{
	unlink(path);
}

static const struct {
	const char *name;
	void (*plant)(void);
} traps[] = {
	{ "a link to a file", link_to_file },
	{ "a link to a FIFO", link_to_fifo },
	{ "a link to a device", link_to_device },
	{ "a link to where no file is yet", link_to_new_file },
	{ "a second name of a file", second_name_of_file },
	{ "a FIFO in the file's place", fifo_for_file },
	{ "a directory in the file's place", directory_for_file },
	{ "a link in the directory's place", link_for_directory },
	{ "another directory in the directory's place", directory_for_directory },
	{ "a link in a rotated file's place", link_for_rotated },
	{ "a directory in a rotated file's place", directory_for_rotated },
	{ "no file", nothing_for_file },
};
#define N_TRAPS (sizeof(traps) / sizeof(traps[0]))

/* --- the scene -------------------------------------------------------------------------- */

static void make_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	check_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* What is there under a name, and one level below. */
static void clear(const char *name)
{
	DIR *dir = opendir(name);
	struct dirent *entry;
	char inner[400];

	while (dir && (entry = readdir(dir))) {
		snprintf(inner, sizeof(inner), "%s/%s", name, entry->d_name);
		remove(inner);
	}
	if (dir)
		closedir(dir);
	remove(name);
}

static void clear_scene(void)
{
	unlink(directory);	/* a link, perhaps */
	clear(directory);
	clear(moved);
	clear(precious);
}

static void make_scene(void)
{
	char name[80];

	clear_scene();
	check_eq(mkdir(directory, 0755), 0);
	check_eq(chown(directory, OTHER, OTHER), 0);
	check_eq(mkdir(precious, 0700), 0);
	make_file(victim, "precious\n");
	/* What a rotation in the wrong directory would move and remove. */
	for (int n = 0; n < 3; n++) {
		snprintf(name, sizeof(name), n ? "%s/log.%d" : "%s/log", precious, n);
		make_file(name, "k:1 precious\n");
	}
	check_eq(mkfifo(fifo, 0600), 0);
	fifo_reader = open(fifo, O_RDONLY | O_NONBLOCK);
}

static bool has_text(const char *name, const char *text)
{
	char found[64] = "";
	int fd = open(name, O_RDONLY);
	ssize_t length = read(fd, found, sizeof(found) - 1);

	close(fd);
	return length == (ssize_t)strlen(text) && strcmp(found, text) == 0;
}

/* Nothing of it was written, moved, removed or made. */
static void check_precious(void)
{
	char name[80], byte;

	check(has_text(victim, "precious\n"));
	for (int n = 0; n < 4; n++) {
		snprintf(name, sizeof(name), n ? "%s/log.%d" : "%s/log", precious, n);
		check(n == 3 ? access(name, F_OK) != 0 : has_text(name, "k:1 precious\n"));
	}
	snprintf(name, sizeof(name), "%s/new", precious);
	check(access(name, F_OK) != 0);
	check(read(fifo_reader, &byte, 1) <= 0);
	close(fifo_reader);
}

/* --- what is done there ------------------------------------------------------------------- */

static struct logfile *file;

static bool begins_as_text(const void *context, const char *bytes, size_t length)
{
	(void)context;
	return length && bytes[0] == 'k';
}

static int open_log(void)
{
	struct logfile_config config = {
		.path = path, .heading = "", .limit_bytes = LIMIT, .keep = 2,
		.is_line = begins_as_text, .is_log = begins_as_text,
	};
	struct append_state state;

	return logfile_open(&file, &config, &state);
}

static void write_line(void)
{
	static char line[LIMIT - 100];

	memset(line, 'k', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	if (file)
		logfile_write(file, line, sizeof(line), true);
}

static void be_there(void)
{
	check_eq(open_log(), 0);
	write_line();
}

static void nothing_is_there(void)
{
}

static void a_file_is_there(void)
{
	make_file(path, "k:1 old\n");
}

static void open_it(void)
{
	if (open_log())
		file = NULL;
	write_line();
}

static void rotate_it(void)
{
	for (int n = 0; n < 4; n++)
		write_line();
}

static void be_moved(void)
{
	char old[160];

	be_there();
	snprintf(old, sizeof(old), "%s.old", path);
	rename(path, old);
}

static void be_removed(void)
{
	be_there();
	unlink(path);
}

static void reopen_it(void)
{
	logfile_reopen(file);
	write_line();
}

static const struct {
	const char *name;
	void (*before)(void), (*act)(void);
} acts[] = {
	{ "a new file", nothing_is_there, open_it },
	{ "an old file", a_file_is_there, open_it },
	{ "rotations", be_there, rotate_it },
	{ "a reopening", be_moved, reopen_it },
	{ "a removal", be_removed, write_line },
};
#define N_ACTS (sizeof(acts) / sizeof(acts[0]))

/* One trap, one act, one stop. Returns whether the stop was come to. */
static bool spring(size_t trap, size_t act, int stop)
{
	make_scene();
	file = NULL;
	acts[act].before();
	attack = traps[trap].plant;
	calls = 0;
	stop_at = stop;
	if (!stop)
		attack();
	alarm(10);
	acts[act].act();
	alarm(0);
	attack = NULL;
	logfile_close(file);
	check_precious();
	if (!tap_ok)
		printf("#   %s: %s, after call %d\n", acts[act].name, traps[trap].name, stop);
	return !stop || calls >= stop;
}

static void each_trap_after_each_call(void)
{
	int n_sprung = 0;

	for (size_t act = 0; act < N_ACTS && tap_ok; act++) {
		for (size_t trap = 0; trap < N_TRAPS && tap_ok; trap++) {
			int stop = 0;

			while (stop < STOPS_MAX && spring(trap, act, stop) && tap_ok)
				stop++;
			check(stop > 3);
			n_sprung += stop;
		}
	}
	printf("# %d traps\n", n_sprung);
	check(n_sprung > 500);
}

/* The other user, as fast as can be. */
static _Noreturn void set_traps(unsigned int seed)
{
	if (setgid(OTHER) || setuid(OTHER))
		_exit(1);
	for (;;) {
		traps[rand_r(&seed) % N_TRAPS].plant();
		usleep((unsigned int)rand_r(&seed) % 200);
		unlink(directory);
		rename(moved, directory);
		remove(path);
		remove(file_1);
		usleep((unsigned int)rand_r(&seed) % 200);
	}
}

static void traps_at_random(void)
{
	struct timespec now, end;
	int n = 0, n_open = 0;
	pid_t pid;

	make_scene();
	check_eq(chmod(base, 0777), 0);
	pid = fork();
	if (pid == 0)
		set_traps((unsigned int)getpid());
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += 2;
	alarm(10);
	do {
		file = NULL;
		open_it();
		if (file) {
			n_open++;
			rotate_it();
			reopen_it();
		}
		logfile_close(file);
		n++;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec);
	alarm(0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	chmod(base, 0755);
	printf("# opened %d times of %d\n", n_open, n);
	check(n_open > 20);
	check_precious();
}

/* As fs.protected_regular has it: only where everybody may make files, and nobody's may go. */
static void a_file_of_another_user_in_a_shared_directory_is_refused(void)
{
	static const struct {
		mode_t mode;
		uid_t dir, file;
		int err;
	} cases[] = {
		{ 01777, 0, OTHER, -EKEYREJECTED }, { 01777, 0, 0, 0 },
		{ 01777, OTHER, OTHER, 0 },	    { 01777, 1, OTHER, -EKEYREJECTED },
		{ 01775, 0, OTHER, -EKEYREJECTED }, { 0777, 0, OTHER, 0 },
		{ 01755, 0, OTHER, 0 },		    { 0755, OTHER, OTHER, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_scene();
		check_eq(chown(directory, cases[i].dir, 0), 0);
		check_eq(chmod(directory, cases[i].mode), 0);
		make_file(path, "");
		check_eq(chown(path, cases[i].file, 0), 0);
		file = NULL;
		if (!check(open_log() == cases[i].err))
			printf("#   %zu\n", i);
		logfile_close(file);
		file = NULL;
		close(fifo_reader);
	}
}

static void links_on_the_way_are_followed_if_they_are_root_s(void)
{
	char way[96];

	make_scene();
	snprintf(way, sizeof(way), "%s/way", base);
	check_eq(symlink(directory, way), 0);
	snprintf(path, sizeof(path), "%s/log", way);
	file = NULL;
	check_eq(open_log(), 0);
	logfile_close(file);
	file = NULL;
	check_eq(lchown(way, OTHER, OTHER), 0);
	check_eq(open_log(), -ELOOP);
	snprintf(path, sizeof(path), "%s/way/../dir/log", base);
	check_eq(open_log(), -ELOOP);
	unlink(way);
	snprintf(path, sizeof(path), "%s/log", directory);
	close(fifo_reader);
}

int main(void)
{
	if (geteuid() != 0) {
		printf("1..0 # SKIP needs root, to be two users\n");
		return 0;
	}
	if (!mkdtemp(base))
		return 1;
	chmod(base, 0755);
	snprintf(directory, sizeof(directory), "%s/dir", base);
	snprintf(moved, sizeof(moved), "%s/moved", base);
	snprintf(precious, sizeof(precious), "%s/precious", base);
	snprintf(path, sizeof(path), "%s/log", directory);
	snprintf(file_1, sizeof(file_1), "%s.1", path);
	snprintf(victim, sizeof(victim), "%s/victim", precious);
	snprintf(fifo, sizeof(fifo), "%s/fifo", precious);
	TAP_RUN(a_file_of_another_user_in_a_shared_directory_is_refused);
	TAP_RUN(links_on_the_way_are_followed_if_they_are_root_s);
	TAP_RUN(each_trap_after_each_call);
	TAP_RUN(traps_at_random);
	clear_scene();
	clear(base);
	return tap_done();
}
