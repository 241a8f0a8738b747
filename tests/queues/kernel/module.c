// SPDX-License-Identifier: GPL-2.0
/*
 * bulkqueues: a driver for the rig's gadgets that uses the bulk queues, or the baseline, on demand.
 *
 *   echo 'dir=both depth=8 count=500' >/sys/kernel/debug/bulkqueues/run
 *   cat /sys/kernel/debug/bulkqueues/log
 *
 * The write returns when the run is over (queue_run.h has the words); a signal ends it early.
 * It fails if the run could not begin. The log is that of the last run, in the form of
 * tests/workload/lib/witness.h.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/usb.h>

#include "queue_run.h"

#define WORDS_MAX 256

struct worker {
	struct queue_run run;
	struct completion done;
	int err;
};

/* One device, one run. @lock is held for the length of a run, and keeps the device. */
static struct {
	struct mutex lock;
	struct usb_device *udev;
	u8 in, out;
	bool stop;
	struct queue_config config;
	struct worker workers[2];
	unsigned int workers_cnt;
	struct dentry *dir;
} bulkqueues = {
	.lock = __MUTEX_INITIALIZER(bulkqueues.lock),
};

static int work(void *arg)
{
	struct worker *self = arg;

	self->err = queue_run(&self->run);
	complete(&self->done);
	return 0;
}

static void forget_run(void)
{
	while (bulkqueues.workers_cnt)
		queue_run_release(&bulkqueues.workers[--bulkqueues.workers_cnt].run);
}

static int prepare(u8 endpoint)
{
	struct worker *self = &bulkqueues.workers[bulkqueues.workers_cnt++];

	init_completion(&self->done);
	return queue_run_init(&self->run, &bulkqueues.config, bulkqueues.udev, endpoint,
			      &bulkqueues.stop);
}

/* A signal to the writer ends the run; what is under way is waited for all the same. */
static int run_all(void)
{
	struct task_struct *thread;
	unsigned int i;
	int err = 0;

	for (i = 0; i < bulkqueues.workers_cnt; i++) {
		struct worker *self = &bulkqueues.workers[i];

		thread = kthread_run(work, self, "bulkqueues-%02x", self->run.endpoint);
		if (IS_ERR(thread)) {
			self->err = PTR_ERR(thread);
			complete(&self->done);
		}
	}
	for (i = 0; i < bulkqueues.workers_cnt; i++) {
		struct worker *self = &bulkqueues.workers[i];

		if (wait_for_completion_interruptible(&self->done)) {
			WRITE_ONCE(bulkqueues.stop, true);
			wait_for_completion(&self->done);
		}
		if (!err)
			err = self->err;
	}
	return err;
}

static int run(char *words)
{
	const char *bad;
	int err;

	if (!bulkqueues.udev)
		return -ENODEV;
	forget_run();
	err = queue_config_parse(&bulkqueues.config, words, &bad);
	if (err) {
		pr_err("bulkqueues: wrong or missing: '%s'\n", bad);
		return err;
	}
	bulkqueues.stop = false;
	if (bulkqueues.config.in)
		err = prepare(bulkqueues.in);
	if (!err && bulkqueues.config.out)
		err = prepare(bulkqueues.out);
	return err ? err : run_all();
}

static ssize_t run_write(struct file *file, const char __user *from, size_t size, loff_t *at)
{
	char *words;
	int err;

	if (size > WORDS_MAX)
		return -E2BIG;
	words = memdup_user_nul(from, size);
	if (IS_ERR(words))
		return PTR_ERR(words);
	err = mutex_lock_interruptible(&bulkqueues.lock);
	if (!err) {
		err = run(words);
		mutex_unlock(&bulkqueues.lock);
	}
	kfree(words);
	return err ? err : size;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.write = run_write,
};

static int log_show(struct seq_file *out, void *unused)
{
	struct queue_run *runs;
	unsigned int i, cnt;
	int err = mutex_lock_interruptible(&bulkqueues.lock);

	if (err)
		return err;
	cnt = bulkqueues.workers_cnt;
	runs = kcalloc(2, sizeof(*runs), GFP_KERNEL);
	for (i = 0; i < cnt && runs; i++)
		runs[i] = bulkqueues.workers[i].run;
	if (cnt && runs)
		err = queue_run_write(runs, cnt, "bulkqueues", out);
	kfree(runs);
	mutex_unlock(&bulkqueues.lock);
	/* What has no room comes again with more. */
	return err == -ENOSPC ? 0 : err;
}
DEFINE_SHOW_ATTRIBUTE(log);

static int bulkqueues_probe(struct usb_interface *intf, const struct usb_device_id *id)
{
	struct usb_endpoint_descriptor *in, *out;
	int err = usb_find_common_endpoints(intf->cur_altsetting, &in, &out, NULL, NULL);

	if (err)
		return -ENODEV;
	mutex_lock(&bulkqueues.lock);
	if (bulkqueues.udev) {
		err = -EBUSY;
	} else {
		bulkqueues.udev = usb_get_dev(interface_to_usbdev(intf));
		bulkqueues.in = in->bEndpointAddress;
		bulkqueues.out = out->bEndpointAddress;
	}
	mutex_unlock(&bulkqueues.lock);
	return err;
}

/*
 * usbcore has ended what was in flight with -ESHUTDOWN and refuses more: the run sees that, or
 * `stop`, and gives the lock back.
 */
static void bulkqueues_disconnect(struct usb_interface *intf)
{
	WRITE_ONCE(bulkqueues.stop, true);
	mutex_lock(&bulkqueues.lock);
	usb_put_dev(bulkqueues.udev);
	bulkqueues.udev = NULL;
	mutex_unlock(&bulkqueues.lock);
}

static const struct usb_device_id bulkqueues_ids[] = {
	{ USB_DEVICE(0x1d6b, 0x0105) },
	{ USB_DEVICE(0x0525, 0xa4a0) },
	{ }
};
MODULE_DEVICE_TABLE(usb, bulkqueues_ids);

static struct usb_driver bulkqueues_driver = {
	.name = "bulkqueues",
	.probe = bulkqueues_probe,
	.disconnect = bulkqueues_disconnect,
	.id_table = bulkqueues_ids,
};

static int __init bulkqueues_init(void)
{
	int err;

	bulkqueues.dir = debugfs_create_dir("bulkqueues", NULL);
	debugfs_create_file("run", 0200, bulkqueues.dir, NULL, &run_fops);
	debugfs_create_file("log", 0400, bulkqueues.dir, NULL, &log_fops);
	err = usb_register(&bulkqueues_driver);
	if (err)
		debugfs_remove_recursive(bulkqueues.dir);
	return err;
}
module_init(bulkqueues_init);

static void __exit bulkqueues_exit(void)
{
	debugfs_remove_recursive(bulkqueues.dir);
	usb_deregister(&bulkqueues_driver);
	forget_run();
}
module_exit(bulkqueues_exit);

MODULE_DESCRIPTION("Bulk queues: reference and test");
MODULE_LICENSE("GPL");
