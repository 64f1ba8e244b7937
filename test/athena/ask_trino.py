"""Asks Trino the questions and writes its answers: python test/athena/ask_trino.py (needs Java 17 and Maven).

Maven brings Trino's embedded query runner from Maven Central into its own repository. The suite compares the laptop's
answers with the written ones, so it needs neither.
"""
from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from athena_questions import ANSWERS, HERE, questions

TRINO = '435'       # the last version that runs on Java 17, and the nearest to Athena's engine version 3
POM = f'''<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>lake</groupId><artifactId>ask-trino</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>io.trino</groupId><artifactId>trino-main</artifactId><version>{TRINO}</version>
  </dependency></dependencies>
</project>'''


def main() -> None:
    """Write the answers to all questions."""
    asked = questions()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / 'pom.xml').write_text(POM, encoding='utf-8')
        subprocess.run(['mvn', '-q', '-B', 'dependency:build-classpath', '-Dmdep.outputFile=classpath'], cwd=path,
                       check=True)
        lines = '\n'.join(json.dumps(query) for _, query in asked)
        classpath = (path / 'classpath').read_text(encoding='utf-8').strip()
        found = subprocess.run(['java', '-cp', classpath, str(HERE / 'AskTrino.java')], input=lines, text=True,
                               encoding='utf-8', stdout=subprocess.PIPE, check=True)
    replies = [json.loads(line) for line in found.stdout.splitlines()]
    with ANSWERS.open('w', encoding='utf-8') as file:
        print(json.dumps({'trino': TRINO, 'answers': len(replies)}), file=file)
        for (topic, query), reply in zip(asked, replies, strict=True):
            line = [topic, query, reply.get('types', []), reply.get('rows', []), reply.get('error')]
            print(json.dumps(line, ensure_ascii=False, separators=(',', ':')), file=file)
    print(f'{len(replies)} answers of Trino {TRINO}, {sum("error" in reply for reply in replies)} of them errors.')


if __name__ == '__main__':
    main()
