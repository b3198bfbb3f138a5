/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command whose connections alone are traced: which one, and what became of it. */
#ifndef TCC_COMMAND_H
#define TCC_COMMAND_H

#include <linux/types.h>

/* Processes of a command that can be told apart at a time. */
#define TCC_COMMAND_PROCESSES 32768

/* By its number in its own namespace of numbers: nobody in there knows the kernel's own. */
struct tcc_command {
	__u64 ns_dev;		/* of /proc/PID/ns/pid, as the kernel has it: major << 20 | minor */
	__u64 ns_ino;
	__u32 pid;		/* 0: no command, all is traced */
	__u32 reserved;
};

struct tcc_command_counts {
	__u64 n_processes;	/* the command and its descendants, those that run */
	__u64 n_connections;	/* theirs, that are not closed */
	__u64 n_unknown;	/* descendants that there was no room for */
	__u64 n_unmarked;	/* sockets that could not be remembered */
};

#endif
