/*
 * Stands in for Nagios 4.5, which Debian 12 does not have: exports what the module looks up, with hosts and
 * services laid out as 4.5 lays them out (848 and 784 bytes), and tells one check.
 *
 * Usage: newer VERSION MODULE ARGUMENTS; ends when its standard input does.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef int (*callback)(int, void *);
static callback callbacks[26];
static const char *version;
static char host[848], first[784], second[784];
static void *hosts[] = {host}, *services[] = {first, second};

int event_broker_options = -1, enable_notifications = 1, interval_length = 60;
int currently_running_host_checks = 0, currently_running_service_checks = 3;
unsigned num_objects[12] = {0, 0, 1, 0, 0, 2};
void *host_ary = hosts, *service_ary = services, *contact_ary;
void *hostgroup_list, *servicegroup_list, *contactgroup_list, *scheduled_downtime_list;

const char *get_program_version(void) { return version; }
void *find_timeperiod(const char *name) { (void)name; return NULL; }
int check_time_against_period(int64_t at, void *period) { (void)at; (void)period; return 0; }
int neb_register_callback(int kind, void *module, int priority, callback call) {
    (void)module; (void)priority;
    callbacks[kind] = call;
    return 0;
}

static void text(char *at, size_t offset, const char *value) { memcpy(at + offset, &value, sizeof value); }
static void number(char *at, size_t offset, int value) { memcpy(at + offset, &value, sizeof value); }
static void when(char *at, size_t offset, int64_t value) { memcpy(at + offset, &value, sizeof value); }
static void share(char *at, size_t offset, double value) { memcpy(at + offset, &value, sizeof value); }

static void lay_out(void) {
    text(host, 8, "web"), text(host, 16, "web"), text(host, 24, "The web server");
    text(host, 32, "192.0.2.2"), text(host, 64, "check_alive");
    share(host, 80, 5.0), share(host, 88, 1.0), number(host, 96, 4);
    text(host, 104, "handler"), text(host, 112, "handler period");
    text(host, 160, "night"), text(host, 168, "always");
    number(host, 220, 1), number(host, 480, 1), number(host, 568, 1); /* checks, notifications, checked */
    number(host, 368, 1), number(host, 372, 2), number(host, 380, 1); /* acknowledged, sticky, down */
    text(host, 392, "no answer"), text(host, 400, "really none"), text(host, 408, "rta=1ms");
    number(host, 416, 1), number(host, 420, 4);                       /* hard, attempt */
    number(host, 604, 2), number(host, 712, 1), share(host, 728, 30.5); /* downtimes, flapping */
    for (int n = 0; n < 2; n++) {
        char *service = services[n];
        number(service, 0, n);
        text(service, 8, "web"), text(service, 16, n ? "ping" : "http"), text(service, 24, "shown");
        text(service, 48, "check_it"), text(service, 56, "handler"), text(service, 64, "handler period");
        share(service, 80, 2.0), number(service, 96, 3), text(service, 152, "always");
        number(service, 240, 1), number(service, 496, n == 0);        /* notifications, checked */
        number(service, 312, 2), text(service, 328, "CRITICAL"), text(service, 344, "time=3s");
        number(service, 352, 1), number(service, 384, 3), when(service, 376, 1700000000);
        number(service, 508, 7), share(service, 520, 0.5), share(service, 528, 3.0);
        number(service, 544, 1);                                      /* downtimes */
    }
    void *next = second;
    memcpy(first + 768, &next, sizeof next); /* where the list goes on; the last one's is null */
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    version = arguments[1];
    void *module = dlopen(arguments[2], RTLD_NOW | RTLD_GLOBAL);
    if (!module) return fprintf(stderr, "%s\n", dlerror()), 1;
    int (*begin)(int, const char *, void *) = dlsym(module, "nebmodule_init");
    int (*end)(int, int) = dlsym(module, "nebmodule_deinit");
    if (!begin || !end) return fprintf(stderr, "no broker module\n"), 1;
    lay_out();
    begin(0, arguments[3], module);

    struct { int kind, flags, attributes, gap; int64_t seconds, microseconds; } process = {0};
    process.kind = 105, process.seconds = time(NULL);
    callbacks[0](0, &process);

    char check[200] = {0};
    void *object = first;
    number(check, 0, 701), when(check, 16, time(NULL));
    text(check, 32, "web"), text(check, 40, "http"), number(check, 152, 2);
    memcpy(check + 192, &object, sizeof object);
    callbacks[6](6, check);

    while (getchar() != EOF) {}
    process.kind = 103;
    callbacks[0](0, &process);
    return end(0, 1);
}
