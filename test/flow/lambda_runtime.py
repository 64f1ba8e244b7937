"""Calls a handler for each event on standard input, in a process with only its code asset."""
from __future__ import annotations

import importlib
import json
import sys
import traceback


def main(asset: str, handler: str) -> None:
    """Serve the handler, such as `lib.folder.lambda_handler.lambda_handler`, one event and one answer in a line."""
    sys.path.insert(0, asset)
    module, _, name = handler.rpartition('.')
    function = getattr(importlib.import_module(module), name)
    for line in sys.stdin:
        try:
            answer = {'answer': function(json.loads(line), None)}
        except Exception as error:
            answer = {'error': {'errorMessage': str(error), 'errorType': type(error).__name__,
                                'stackTrace': traceback.format_exc().splitlines()}}
        print(json.dumps(answer), flush=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
