#!/bin/bash
set -e
java() {
  echo "$(date '+%F %T.%3N')  INFO 1 --- [           main] c.e.shop.Application : Starting Application using Java 17.0.9 with PID $$"
  cat >&2 <<'EOF'
Exception in thread "main" org.flywaydb.core.internal.exception.FlywaySqlException: Unable to obtain connection from database: Connection to 10.0.3.17:5432 refused.
---------------------------------------------------------------------------------
SQL State  : 08001
Error Code : 0

	at org.flywaydb.core.internal.jdbc.JdbcUtils.openConnection(JdbcUtils.java:60)
	at org.flywaydb.core.internal.jdbc.JdbcConnectionFactory.<init>(JdbcConnectionFactory.java:72)
	at org.flywaydb.core.Flyway.execute(Flyway.java:512)
	at com.example.shop.Application.main(Application.java:23)
Caused by: org.postgresql.util.PSQLException: Connection to 10.0.3.17:5432 refused. Check that the hostname and port are correct.
	at org.postgresql.core.v3.ConnectionFactoryImpl.openConnectionImpl(ConnectionFactoryImpl.java:303)
	... 8 more
Caused by: java.net.ConnectException: Connection refused
	at java.base/sun.nio.ch.Net.pollConnect(Native Method)
	at java.base/java.net.Socket.connect(Socket.java:633)
	... 13 more
EOF
  return 1
}
java -jar /opt/shop/shop.jar migrate
