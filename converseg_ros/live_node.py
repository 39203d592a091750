"""The driver of a live measurement: ``python -m converseg_ros.live_node SETTINGS_JSON --ros-args ...``."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from converseg_ros.process import lifeline
from converseg_ros.transport.profile import use_large_image_profile


def _emit(line: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, allow_nan=False) + "\n")
    sys.stdout.flush()


def _body(argv: Sequence[str], stop: threading.Event) -> int:
    use_large_image_profile()
    from converseg_core.bags import BagError
    from converseg_core.live.frames import load_frames
    from converseg_core.live.measures import CountError
    from converseg_core.live.process_meter import ProcessGoneError
    from converseg_core.live.settings import LiveSettings
    from converseg_ros.live.driver import LiveDriver, LiveFaultError, StoppedError
    from converseg_ros.live.session import measure
    from converseg_ros.process.spinning import either, ros_context, spin_until

    try:
        settings = LiveSettings.model_validate_json(argv[1] if len(argv) > 1 else "")
        frames = load_frames(settings.bag, settings.image_topic, max_frames=settings.max_frames)
    except (BagError, ValueError) as error:
        raise lifeline.UsageError(str(error)) from error
    done = threading.Event()
    with ros_context(argv, takes_arguments=True) as context:
        driver = LiveDriver(settings=settings, frames=frames, stop=stop, context=context)
        spinning = threading.Thread(target=spin_until, args=(driver, either(stop, done)), daemon=True)
        spinning.start()
        try:
            measure(driver, settings, frames, _emit)
        except StoppedError:
            return lifeline.EXIT_GOOD
        except (LiveFaultError, CountError, ProcessGoneError) as error:
            print(f"error: {error}", file=sys.stderr)
            return lifeline.EXIT_FAILED
        finally:
            done.set()
            spinning.join(1.0)
            driver.destroy_node()
    return lifeline.EXIT_GOOD


def main(argv: Sequence[str] | None = None) -> int:
    """Measure until done; 1 where the node does not answer or the counts do not add up, 2 on wrong use."""
    arguments = list(sys.argv if argv is None else argv)
    return lifeline.run(lambda stop: _body(arguments, stop))


if __name__ == "__main__":
    sys.exit(main())
