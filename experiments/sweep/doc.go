// Package sweep is many runs of one experiment that differ in some settings: the
// file that says which, the folder that holds them, and what they come to. Package
// driver runs them.
//
// A sweep is a JSON file,
//
//	{
//	  "base": {"data": {"samples": 200}},
//	  "grid": {
//	    "seed": [0, 1, 2],
//	    "models.0.model.nonlinear.hidden": [[30], [100]]
//	  },
//	  "sample": {
//	    "count": 20, "seed": 1,
//	    "settings": {
//	      "models.0.train.first.schedule.rate": {"log_uniform": [1e-4, 1e-2]},
//	      "models.0.model.linear.shift": {"uniform": [0, 1]},
//	      "models.0.model.integrator": {"choice": ["etd1", "etdrk4"]}
//	    }
//	  }
//	}
//
// in which each part may be left out. base is a configuration like that of -config.
// A setting is named by its path in what -print-config prints; a number counts the
// elements of a list. Every value of the grid goes with every other, and with each
// sample. Task i counts from 0: the samples vary slowest, then the grid's settings
// in their order, the last one fastest. Sample k is drawn from the seed and k alone,
// to four digits, so that a larger count keeps the ones before.
package sweep
