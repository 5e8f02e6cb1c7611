"""Structured logs: one JSON object a line on stderr, quiet libraries.

A log is an event with fields: `batch_applied records=4800 deltas=91`. Amounts and
names of people stay out.
"""

import logging
import sys

import structlog


def configure_logs(*, service: str, level: str) -> None:
    """Send our events and the libraries' warnings to stderr as JSON lines."""
    shared_processors: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared_processors, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("cairn").setLevel(level)
    # Its own words on every reconnect would fill a log; our probes say it better.
    for noisy in ("aiokafka", "faststream"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared_processors,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)


def log_of(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger for one room of a service."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(f"cairn.{name}")
    return logger
