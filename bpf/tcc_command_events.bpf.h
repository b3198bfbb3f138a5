/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs that follow a command: its descendants from fork to exit, its sockets
 * from state to state. Attached only where there is a command; write no event.
 */
#ifndef TCC_COMMAND_EVENTS_BPF_H
#define TCC_COMMAND_EVENTS_BPF_H

/* Before the child runs. A thread is no process of its own. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(tcc_command_fork, struct task_struct *parent, struct task_struct *child)
{
	if (parent->tgid != child->tgid && tcc_command_has_current())
		tcc_command_enter(child->tgid);
	return 0;
}

/* A process is over with its last thread. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(tcc_command_exit, struct task_struct *task)
{
	__u32 tgid = task->tgid;

	if (task->signal->live.counter == 0 && tcc_command_has_current() &&
	    bpf_map_delete_elem(&tcc_command_processes, &tgid) == 0)
		TCC_COMMAND_ADD(n_processes, -1);
	return 0;
}

static __always_inline void tcc_command_count(struct tcc_command_mark *mark, int to)
{
	if (to == TCP_CLOSE && mark->is_counted) {
		mark->is_counted = 0;
		TCC_COMMAND_ADD(n_connections, -1);
	} else if (to != TCP_CLOSE && to != TCP_LISTEN && !mark->is_counted) {
		mark->is_counted = 1;
		TCC_COMMAND_ADD(n_connections, 1);
	}
}

/*
 * SYN_SENT is set before the first segment leaves, LISTEN before one can arrive, and both
 * by the process that asks for it: another may have the socket by then that it had not
 * at first. What becomes of it later happens on anybody's time.
 */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcc_command_state, struct sock *sk, int from, int to)
{
	struct tcc_command_mark *mark;

	if (!bpf_skc_to_tcp_sock(sk))
		return 0;
	if (to != TCP_SYN_SENT && to != TCP_LISTEN) {
		mark = tcc_command_mark_of(sk);
	} else if (tcc_command_has_current()) {
		mark = tcc_command_mark(sk);
	} else {
		tcc_command_unmark(sk);
		return 0;
	}
	if (mark)
		tcc_command_count(mark, to);
	return 0;
}

/* Where marks do not go with the socket: to a listener's child, and at the end. */
SEC("fexit/tcp_create_openreq_child")
int BPF_PROG(tcc_command_child, const struct sock *listener, struct request_sock *request,
	     struct sk_buff *skb, struct sock *child)
{
	if (child && tcc_command_mark_of((struct sock *)listener))
		tcc_command_mark(child);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(tcc_command_forget, struct sock *sk)
{
	tcc_command_unmark(sk);
	return 0;
}

#endif
