package driver

import "time"

// SetSaveInterval lets a test be killed between saves in less than minutes.
func SetSaveInterval(d time.Duration) { saveInterval = d }
