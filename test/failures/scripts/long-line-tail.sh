#!/usr/bin/env python3
import sys
cp = ':'.join(f'/opt/shop/lib/jar-{n}.jar' for n in range(900))
print('starting with classpath', cp, flush=True)
print('java -cp ' + cp + ' com.example.Main: java.lang.OutOfMemoryError: unable to create native thread', file=sys.stderr)
sys.exit(1)
