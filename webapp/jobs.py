"""The worker: what recurs, on one page. APScheduler supplies timing, the database is the schedule; no logic here.

    every second   do due actions · close what the clock has ended · end pauses · write daily mails · forget old tries · arm the next minutes · ring the senders
    at each due moment of the next two minutes   the same, by an APScheduler date job
    whenever rung  senders send until nothing is due
    every two seconds  files of subscribers are imported, while nothing is to be sent

The second's loop runs on the monotonic clock, so that a clock set back stops nothing. Any number of workers may run.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Lock, Thread

import sqlalchemy as sa
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import DBAPIError

from webapp import clock, db
from webapp.channels.configured import adapters_of
from webapp.config import Config
from webapp.flow import digests, import_jobs, leaving, lifecycle, limits, schedule
from webapp.flow.dispatch import Dispatcher
from webapp.flow.schedule import Action
from webapp.importer import Importer
from webapp.links import Links

LOOK_S = 1.0
IMPORT_LOOK_S = 2.0
AHEAD = timedelta(minutes=2)
CHORES = ((leaving.any_pause_over, leaving.end_pauses), (digests.any_due, digests.write_due), (limits.any_old, limits.forget_old),
          (import_jobs.any_old, import_jobs.forget_old))  # fmt: skip
LOG = logging.getLogger(__name__)


class Worker:
    """One process's scheduler and senders."""

    def __init__(self, config: Config, *, now: Callable[[], datetime] = clock.now) -> None:
        self.ending, self.bell, self.now = Event(), Event(), now
        self.engine: sa.Engine = db.make_engine(config.database_url)
        self.links = Links(config.public_url, config.secret_key)
        self.dispatcher = Dispatcher(
            self.engine, adapters=adapters_of(config), clock=now, links=self.links, ending=self.ending
        )
        self.timer = _timer()
        self.senders = [self._sender(n) for n in range(config.sender_threads)]
        self.importer = Thread(target=self._import, name="importer")
        self._looking = Lock()

    def run(self) -> None:
        """Work until `end`. What cannot be named ends the process whole, so that whoever keeps it starts it anew."""
        self.timer.start()
        for sender in self.senders:
            sender.start()
        self.importer.start()
        try:
            while not self.ending.wait(LOOK_S):
                self.look()
        finally:
            self.end()
            self.timer.shutdown(wait=False)
            for sender in self.senders:
                sender.join()
            self.importer.join()
            self.engine.dispose()

    def end(self) -> None:
        """Finish the call at hand and stop; what is left waits in the database."""
        self.ending.set()
        self.bell.set()

    def end_soon(self, *_signal: object) -> None:
        """`end` for signal handlers: they interrupt whoever holds the very locks that it takes."""
        Thread(target=self.end, name="end").start()

    def look(self) -> None:
        """Do what is due, arm what is soon due, ring the senders."""
        try:
            with self._looking:
                self._do_due()
                self._arm()
                self._replace_dead()
            if self.dispatcher.waiting():
                self.bell.set()
        except DBAPIError:
            LOG.exception("The database did not do as asked; trying again in a second")

    def _do_due(self) -> None:
        with db.reading(self.engine) as session:
            is_over = lifecycle.anything_ended(session, now=self.now())
        if is_over:
            with db.transaction(self.engine) as session:
                lifecycle.close_ended(session, now=self.now())
        for is_due, do in CHORES:
            with db.reading(self.engine) as session:
                wanted = is_due(session, now=self.now())
            if wanted:
                with db.transaction(self.engine) as session:
                    do(session, now=self.now())
        with db.reading(self.engine) as session:
            due = schedule.due(session, now=self.now())
        for action in due:
            self._execute(action)

    def _execute(self, action: Action) -> None:
        """In a transaction of its own. One that fails by itself waits, for the next may be the end of another notice."""
        try:
            with db.transaction(self.engine) as session:
                lifecycle.execute(session, action, now=self.now(), status_url=self.links.status)
        except Exception as mistake:  # whatever it is, also of the database: if that is away, putting it off fails, too
            LOG.exception("Action %s of notice %s failed; it is tried again", action.kind, action.notice_id)
            with db.transaction(self.engine) as session:
                schedule.put_off(session, action, f"It failed: {type(mistake).__name__}", now=self.now())

    def _arm(self) -> None:
        if not self.timer.running:
            self.timer = _timer()
            self.timer.start()
        now = self.now()
        with db.reading(self.engine) as session:
            moments = schedule.upcoming(session, now=now, until=now + AHEAD)
        for at in moments:
            self.timer.add_job(self.look, "date", run_date=at, id=at.isoformat(), replace_existing=True)

    def _sender(self, number: int) -> Thread:
        return Thread(target=self._send, name=f"sender-{number}")

    def _replace_dead(self) -> None:
        """A sender that met what it could not name has ended; another takes its place."""
        for number, sender in enumerate(self.senders):
            if sender.ident is not None and not sender.is_alive() and not self.ending.is_set():
                LOG.error("Sender %d ended; another takes its place", number)
                self.senders[number] = self._sender(number)
                self.senders[number].start()

    def _import(self) -> None:
        """Imports go on whatever happens to one of them: what raised is left to be claimed again, and said."""
        importer = Importer(
            self.engine, self.links, now=self.now, ending=self.ending, busy=lambda: bool(self.dispatcher.waiting())
        )
        while not self.ending.wait(IMPORT_LOOK_S):
            try:
                importer.work()
            except Exception:  # whatever it is, the next import is not to wait for it
                LOG.exception("An import ended in the middle; it is taken up again in a minute")

    def _send(self) -> None:
        while not self.ending.is_set():
            if not self.bell.wait(LOOK_S):  # another may have silenced the last ring, the one at the end
                continue
            self.bell.clear()
            try:
                while not self.ending.is_set() and self.dispatcher.send_some():
                    pass
            except DBAPIError:
                LOG.exception("The database did not do as asked; this sender waits until it is rung again")
        self.dispatcher.close()


def _timer() -> BackgroundScheduler:
    return BackgroundScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 2}
    )
