"""How the fields of tables that are not ours are classified: table, column, why it is held.

Our own models say it in an inner class `Privacy`; the models of Django and of the queue cannot.
"""

from kvitto.kernel.privacy import FieldClass, Held, Rule, reference

Columns = dict[str, Held]


def _job(why: str) -> Held:
    return Held(FieldClass.TRACE, why, Rule.AUDIT, exported=False)


_FRAMEWORK: dict[str, Columns] = {
    "django_migrations": {
        "id": reference("names the row"),
        "app": reference("which room's schema"),
        "name": reference("which step of it"),
        "applied": reference("when the schema was changed"),
    },
    "django_content_type": {
        "id": reference("names the row"),
        "app_label": reference("a room of the program"),
        "model": reference("a table of the program"),
    },
    "auth_permission": {
        "id": reference("names the row"),
        "name": reference("made by the framework; nothing asks for permissions"),
        "content_type_id": reference("the table it is about"),
        "codename": reference("the framework's name of it"),
    },
    "auth_group": {
        "id": reference("names the row"),
        "name": reference("made by the framework; empty"),
    },
    "auth_group_permissions": {
        "id": reference("names the row"),
        "group_id": reference("made by the framework; empty"),
        "permission_id": reference("made by the framework; empty"),
    },
}

_QUEUE: dict[str, Columns] = {
    "procrastinate_jobs": {
        "id": _job("names the job"),
        "queue_name": _job("which queue it waits in"),
        "task_name": _job("what is to be done"),
        "priority": _job("what goes first"),
        "lock": _job("keeps two runs of one job apart"),
        "queueing_lock": _job("keeps one job from waiting twice"),
        "args": _job("ids and times for the job; never a personal value"),
        "status": _job("what became of it"),
        "scheduled_at": _job("when it is due"),
        "attempts": _job("how often it was tried"),
        "abort_requested": _job("whether somebody asked it to stop"),
        "worker_id": _job("which process runs it"),
    },
    "procrastinate_events": {
        "id": _job("names the event"),
        "job_id": _job("which job"),
        "type": _job("what happened to it"),
        "at": _job("when"),
    },
    "procrastinate_periodic_defers": {
        "id": _job("names the row"),
        "task_name": _job("which daily job"),
        "defer_timestamp": _job("for which time it was queued"),
        "job_id": _job("the job that was queued"),
        "periodic_id": _job("tells two schedules of one job apart"),
    },
    "procrastinate_workers": {
        "id": _job("a process that runs jobs"),
        "last_heartbeat": _job("when it was last alive"),
    },
}

TABLES: dict[str, Columns] = _FRAMEWORK | _QUEUE
