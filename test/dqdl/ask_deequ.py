"""Asks deequ about the rule sets and writes its answers: .venv/bin/python test/dqdl/ask_deequ.py (needs Maven).

Maven fetches deequ and AWS's parser from Maven Central; they run on the Spark of the environment. The suite compares
the lake with the written answers, so it needs no Maven.
"""
from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import pyspark
from deequ_questions import ANSWERS, HERE, is_evaluated, questions

DEEQU, DQDL = '2.1.0-spark-3.5', '1.0.0'
POM = f'''<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>lake</groupId><artifactId>ask-deequ</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.amazon.deequ</groupId><artifactId>deequ</artifactId><version>{DEEQU}</version>
    </dependency>
    <dependency>
      <groupId>software.amazon.glue</groupId><artifactId>dqdl</artifactId><version>{DQDL}</version>
    </dependency>
  </dependencies>
</project>'''
# What Spark needs of Java 17.
OPENED = ('java.lang', 'java.lang.invoke', 'java.lang.reflect', 'java.io', 'java.net', 'java.nio', 'java.util',
          'java.util.concurrent', 'java.util.concurrent.atomic', 'sun.nio.ch', 'sun.nio.cs', 'sun.security.action',
          'sun.util.calendar')


def main() -> None:
    """Write the answers to all questions."""
    asked = questions()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / 'pom.xml').write_text(POM, encoding='utf-8')
        subprocess.run(['mvn', '-q', '-B', 'dependency:build-classpath', '-Dmdep.outputFile=classpath'], cwd=path,
                       check=True)
        own = [jar for jar in (path / 'classpath').read_text(encoding='utf-8').strip().split(':')
               if Path(jar).name in (f'deequ-{DEEQU}.jar', f'dqdl-{DQDL}.jar')]
        classpath = ':'.join([f'{Path(pyspark.__file__).parent}/jars/*', *own])
        lines = '\n'.join(json.dumps({'text': text, 'evaluate': is_evaluated(topic)}) for topic, text in asked)
        opened = [f'--add-opens=java.base/{package}=ALL-UNNAMED' for package in OPENED]
        found = subprocess.run(['java', *opened, '-cp', classpath, str(HERE / 'AskDeequ.java'), str(HERE)], input=lines,
                               text=True, encoding='utf-8', stdout=subprocess.PIPE, check=True)
    replies = [json.loads(line) for line in found.stdout.splitlines() if line.startswith('{')]
    with ANSWERS.open('w', encoding='utf-8') as file:
        given = {'deequ': DEEQU, 'dqdl': DQDL, 'spark': pyspark.__version__, 'answers': len(replies)}
        print(json.dumps(given), file=file)
        for (topic, text), reply in zip(asked, replies, strict=True):
            outcome, metrics, reason = (reply.get('outcomes') or [[None, {}, reply.get('raised', '')]])[0]
            error = reply.get('error') or reason.partition('\n')[0]
            line = [topic, text, reply.get('rules'), outcome, metrics, error]
            print(json.dumps(line, ensure_ascii=False, separators=(',', ':')), file=file)
    print(f'{len(replies)} answers of deequ {DEEQU}, {sum("error" in reply for reply in replies)} of them refusals.')


if __name__ == '__main__':
    main()
