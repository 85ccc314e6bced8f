#!/usr/bin/env python3
import os
print("start")
  print("configured")
