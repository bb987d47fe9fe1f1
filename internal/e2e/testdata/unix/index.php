<?php
header('Content-Type: application/json');
echo json_encode(['pong' => true, 'version' => (int) getenv('HOTSWAP_GENERATION'), 'pid' => getmypid()]);
